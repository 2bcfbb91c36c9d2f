import { useQueryClient } from "@tanstack/react-query";
import { Outlet, useLocation } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { useOperation } from "../data/api.ts";
import { useLive } from "../data/live.ts";
import { KeySheet } from "./key-sheet.tsx";
import { useKeys } from "./keys.ts";
import { Palette } from "./palette.tsx";
import { placeAt } from "./places.ts";
import { SideBar } from "./side-bar.tsx";
import { TopBar } from "./top-bar.tsx";
import "./frame.css";

const narrowKey = "capstan-side-bar";

/** Everything around a page: places at the left, where one is at the top, the seal at the bottom. */
export function Frame() {
  const { pathname } = useLocation();
  const project = /^\/p\/([^/]+)/.exec(pathname)?.[1];
  const base = project === undefined ? "/all" : `/p/${project}`;
  const frame = useOperation("insights.frame", project === undefined ? {} : { project });
  const live = useLive(useQueryClient());
  const [open, setOpen] = useState<"palette" | "keys" | undefined>();
  const [narrow, setNarrow] = useState(() => localStorage.getItem(narrowKey) === "narrow");
  /** On a small screen: the page over which the places lie; going to another closes them. */
  const [menuAt, setMenuAt] = useState<string>();
  const turn = (): void => {
    localStorage.setItem(narrowKey, narrow ? "wide" : "narrow");
    setNarrow(!narrow);
  };
  useKeys(base, { palette: () => setOpen("palette"), keys: () => setOpen("keys"), sideBar: turn });
  const inside = pathname.slice(base.length);
  const place = placeAt(inside);
  const rest = inside.split("/").slice(2).map(decodeURIComponent);
  const title = [rest.at(-1), place?.name ?? "The loop", project ?? "All projects", "Capstan"].filter(Boolean).join(" · ");
  useEffect(() => void (document.title = title), [title]);

  return (
    <div className={`frame${narrow ? " narrow" : ""}${menuAt === pathname ? " with-places" : ""}`}>
      <a href="#main" className="skip">
        To the page
      </a>
      <SideBar base={base} project={project} place={place} frame={frame.data} />
      <div>
        <TopBar
          base={base}
          project={project}
          place={place}
          rest={rest}
          live={live}
          who={frame.data?.caller.name}
          search={() => setOpen("palette")}
          keys={() => setOpen("keys")}
          menu={() => setMenuAt(menuAt === pathname ? undefined : pathname)}
          menuOpen={menuAt === pathname}
        />
        {frame.data?.caller.closed && (
          <aside className="notice" aria-label="What is closed">
            {frame.data.caller.closed}
          </aside>
        )}
        <main id="main" tabIndex={-1}>
          <Outlet />
        </main>
      </div>
      {open === "palette" && (
        <Palette base={base} project={project} close={() => setOpen(undefined)} acts={{ keys: () => setOpen("keys"), sideBar: turn }} />
      )}
      {open === "keys" && <KeySheet close={() => setOpen(undefined)} />}
    </div>
  );
}
