import { Link } from "@tanstack/react-router";
import { IconChevronDown, IconChevronRight, IconFile, IconFolder } from "@tabler/icons-react";
import { type KeyboardEvent, useState } from "react";
import { useQuery } from "@tanstack/react-query";
import { bytes, count } from "../../../parts/format.tsx";
import { Failure } from "../../../parts/layout.tsx";
import type { Entry, FileSource } from "./sources.ts";

const shownAtOnce = 200;

/** Arrows walk through what is shown; right and left open and close a folder. */
function walk(event: KeyboardEvent<HTMLElement>): void {
  const items = [...event.currentTarget.querySelectorAll<HTMLElement>("[data-item]")];
  const at = items.indexOf(document.activeElement as HTMLElement);
  const here = items[at];
  if (!here) return;
  const open = here.getAttribute("aria-expanded");
  const to =
    event.key === "ArrowDown"
      ? at + 1
      : event.key === "ArrowUp"
        ? at - 1
        : event.key === "Home"
          ? 0
          : event.key === "End"
            ? items.length - 1
            : -1;
  if ((event.key === "ArrowRight" && open === "false") || (event.key === "ArrowLeft" && open === "true")) here.click();
  else if (to === -1) return;
  else items[to]?.focus();
  event.preventDefault();
}

/** Folders of a run, each read when it is opened. */
export const Tree = ({
  label,
  source,
  search,
  chosen,
}: {
  label: string;
  source: FileSource;
  /** Goes with the path into the address. */ search: Record<string, string>;
  chosen: string;
}) => (
  <nav className="tree" aria-label={label} onKeyDown={walk}>
    <Level source={source} search={search} path="" chosen={chosen} depth={0} />
  </nav>
);

type In = { source: FileSource; search: Record<string, string>; chosen: string; depth: number };

function Level({ source, search, path, chosen, depth }: In & { path: string }) {
  const [shown, setShown] = useState(shownAtOnce);
  const query = useQuery({
    queryKey: ["runs.artifacts", { run: source.id, path }],
    queryFn: ({ signal }) => source.list(path, signal),
    staleTime: 2_000,
  });
  if (query.isError) return <Failure error={query.error} retry={() => void query.refetch()} />;
  if (!query.data)
    return (
      <div className="muted" aria-busy="true" style={{ paddingLeft: 10 + 16 * depth }}>
        …
      </div>
    );
  const files = query.data.toSorted((a, b) => Number(b.folder) - Number(a.folder) || a.path.localeCompare(b.path));
  return (
    <ul>
      {files.slice(0, shown).map((one) =>
        one.folder ? (
          <Folder key={one.path} one={one} source={source} search={search} chosen={chosen} depth={depth} />
        ) : (
          <li key={one.path}>
            <Link
              data-item
              to="."
              search={{ ...search, path: one.path } as never}
              replace
              resetScroll={false}
              activeOptions={{ exact: true }}
              style={{ paddingLeft: 26 + 16 * depth }}
            >
              <IconFile size={14} stroke={1.75} aria-hidden />
              <span className="name">{nameOf(one.path)}</span>
              <span className="muted">{bytes(one.sizeBytes)}</span>
            </Link>
          </li>
        ),
      )}
      {files.length > shown && (
        <li>
          <button
            type="button"
            data-item
            className="text-button"
            style={{ marginLeft: 26 + 16 * depth }}
            onClick={() => setShown(shown + 1000)}
          >
            {count(files.length - shown)} more
          </button>
        </li>
      )}
    </ul>
  );
}

function Folder({ one, source, search, chosen, depth }: In & { one: Entry }) {
  const [open, setOpen] = useState(chosen.startsWith(`${one.path}/`));
  return (
    <li>
      <button type="button" data-item aria-expanded={open} onClick={() => setOpen(!open)} style={{ paddingLeft: 10 + 16 * depth }}>
        {open ? <IconChevronDown size={13} aria-hidden /> : <IconChevronRight size={13} aria-hidden />}
        <IconFolder size={14} stroke={1.75} aria-hidden />
        <span className="name">{nameOf(one.path)}</span>
      </button>
      {open && <Level source={source} search={search} path={one.path} chosen={chosen} depth={depth + 1} />}
    </li>
  );
}

const nameOf = (path: string): string => path.split("/").pop() ?? path;
