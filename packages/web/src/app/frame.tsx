import { useQueryClient } from "@tanstack/react-query";
import { Link, Outlet, useLocation, useNavigate } from "@tanstack/react-router";
import { IconMoon, IconSearch, IconSun } from "@tabler/icons-react";
import { useEffect, useRef, useState } from "react";
import { useOperation } from "../data/api.ts";
import { useLive } from "../data/live.ts";
import { Ago } from "../parts/format.tsx";
import { MarkGlyph } from "../parts/mark.tsx";
import { VerdictGlyph } from "../parts/verdict.tsx";
import { Palette } from "./palette.tsx";
import { groups } from "./places.ts";

/** Everything around a page: places at the left, where one is at the top, the seal at the bottom. */
export function Frame() {
  const { pathname } = useLocation();
  const navigate = useNavigate();
  const project = /^\/p\/([^/]+)/.exec(pathname)?.[1];
  const base = project === undefined ? "/all" : `/p/${project}`;
  const frame = useOperation("insights.frame", project === undefined ? {} : { project });
  const live = useLive(useQueryClient());
  const [palette, setPalette] = useState(false);
  useKeys(base, setPalette);
  const inside = pathname.slice(base.length);
  const place = groups.flatMap((group) => group.items).find((item) => item.path !== "" && (inside === item.path || inside.startsWith(`${item.path}/`)));
  const rest = inside.split("/").slice(2).map(decodeURIComponent);
  useEffect(() => {
    document.title = [rest.at(-1), place?.name ?? "The loop", project ?? "All projects", "Capstan"].filter(Boolean).join(" · ");
  });

  return (
    <div className="frame">
      <nav className="side" aria-label="Places">
        <Link to={base as never} className="brand"><MarkGlyph />Capstan</Link>
        <label><span className="visually-hidden">Project</span>
          <select value={project ?? ""} onChange={(event) => void navigate({ to: (event.target.value === "" ? "/all" : `/p/${event.target.value}`) as never })}>
            <option value="">All projects</option>
            {frame.data?.projects.map((one) => <option key={one.project} value={one.project}>{one.project}</option>)}
          </select>
        </label>
        {groups.map((group) => (
          <div key={group.title}>
            {group.title !== "" && <div className="group">{group.title}</div>}
            {group.items.map((item) => {
              const Icon = item.icon;
              const current = item === place || (item.path === "" && place === undefined);
              const badge = item.badge === "" ? undefined : frame.data?.badges[item.badge];
              return (
                <Link key={item.name} to={(project === undefined && item.path !== "" ? "/all" : `${base}${item.path}`) as never} className="item" {...(current && { "aria-current": "page" as const })}>
                  <Icon size={16} stroke={1.75} aria-hidden />{item.name}{badge !== undefined && <span className="badge-count">{badge}</span>}
                </Link>
              );
            })}
          </div>
        ))}
        {frame.data && (
          <Link to={`${base}/record` as never} className="seal"><VerdictGlyph mark={frame.data.seal.mark} label={false} /><span>{frame.data.seal.mark === "none" ? "Record not signed yet" : frame.data.seal.signed ? "Record signed" : "Record not signed"}</span><span className="muted" style={{ marginLeft: "auto" }}><Ago time={frame.data.seal.at} /></span></Link>
        )}
      </nav>
      <div>
        <header className="top">
          <nav className="crumbs" aria-label="Where you are">
            <Link to={base as never}>{project ?? "All projects"}</Link><span aria-hidden>›</span>
            {place && rest.length > 0 ? <><Link to={`${base}${place.path}` as never}>{place.name}</Link><span aria-hidden>›</span><span aria-current="page">{rest.join(" ").slice(0, 60)}</span></> : <span aria-current="page">{place?.name ?? "The loop"}</span>}
          </nav>
          <button type="button" className="searchbox" onClick={() => setPalette(true)}><IconSearch size={15} aria-hidden />Search, jump or run a command<kbd>⌘K</kbd></button>
          <span className={live ? "live" : "live off"} role="status"><i aria-hidden />{live ? "Live" : "Reconnecting"}</span>
          <ThemeSwitch />
        </header>
        {frame.data?.caller.closed && <div style={{ padding: "6px 24px", background: "var(--accent-soft)", color: "var(--accent-ink)" }}>{frame.data.caller.closed}</div>}
        <main id="main"><Outlet /></main>
      </div>
      {palette && <Palette base={base} project={project} close={() => setPalette(false)} />}
    </div>
  );
}

function ThemeSwitch() {
  const [theme, setTheme] = useState(document.documentElement.dataset["theme"] ?? "light");
  const next = theme === "dark" ? "light" : "dark";
  return (
    <button type="button" className="icon-button" aria-label={`Switch to ${next} theme`} onClick={() => {
      document.documentElement.dataset["theme"] = next;
      localStorage.setItem("capstan-theme", next);
      setTheme(next);
    }}>
      {theme === "dark" ? <IconSun size={17} stroke={1.75} /> : <IconMoon size={17} stroke={1.75} />}
    </button>
  );
}

/** ⌘K opens the palette, `/` focuses the filter, G and a letter goes to a place. Letters never act while a field has the focus. */
function useKeys(base: string, setPalette: (open: boolean) => void): void {
  const navigate = useNavigate();
  const going = useRef(0);
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if ((event.metaKey || event.ctrlKey) && event.key.toLowerCase() === "k") {
        event.preventDefault();
        return setPalette(true);
      }
      const target = event.target as HTMLElement;
      if (event.metaKey || event.ctrlKey || event.altKey || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName)) return;
      if (event.key === "/") {
        const filter = document.querySelector<HTMLInputElement>("[data-filter]");
        if (filter) event.preventDefault();
        return filter?.focus();
      }
      if (event.key === "g") return void (going.current = Date.now());
      if (Date.now() - going.current < 1500) {
        const item = groups.flatMap((group) => group.items).find((one) => one.key === event.key);
        if (item) void navigate({ to: `${base}${item.path}` as never });
        going.current = 0;
      }
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [base, navigate, setPalette]);
}
