import { useNavigate } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import { useOperation } from "../data/api.ts";
import { groups } from "./places.ts";

/** Jump to anything: places at once, everything else as the server finds it. */
export function Palette({ base, project, close }: { base: string; project: string | undefined; close: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const navigate = useNavigate();
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const found = useOperation("insights.search", { q: text.trim() || "-", limit: 12, ...(project !== undefined && { project }) }, { enabled: text.trim().length > 0 });
  useEffect(() => dialog.current?.showModal(), []);
  const places = groups.flatMap((group) => group.items).filter((item) => item.name.toLowerCase().includes(text.trim().toLowerCase())).map((item) => ({ name: item.name, detail: "page", href: `${base}${item.path}` }));
  const rows = [...places, ...(text.trim() === "" ? [] : (found.data?.results ?? []).map((one) => ({ name: one.name, detail: `${one.noun} ${one.detail.slice(0, 40)}`, href: one.href })))];
  const go = (href: string | undefined): void => {
    close();
    if (href !== undefined) void navigate({ to: href as never });
  };
  return (
    <dialog ref={dialog} className="palette" aria-label="Search" onClose={close} onClick={(event) => event.target === dialog.current && close()}>
      <input aria-label="Search, jump or run a command" placeholder="Search, jump or run a command" value={text} role="combobox" aria-expanded="true" aria-controls="found" aria-activedescendant={`found-${at}`}
        onChange={(event) => { setText(event.target.value); setAt(0); }}
        onKeyDown={(event) => {
          if (event.key === "ArrowDown") setAt(Math.min(at + 1, rows.length - 1));
          else if (event.key === "ArrowUp") setAt(Math.max(at - 1, 0));
          else if (event.key === "Enter") go(rows[at]?.href);
          else return;
          event.preventDefault();
        }} />
      <ul id="found" role="listbox" aria-label="Found">
        {rows.map((row, i) => <li key={`${row.href} ${row.name}`} id={`found-${i}`} role="option" aria-selected={i === at}><a href={row.href} tabIndex={-1} onClick={(event) => { event.preventDefault(); go(row.href); }}>{row.name}<span className="muted" style={{ marginLeft: "auto" }}>{row.detail}</span></a></li>)}
        {rows.length === 0 && <li style={{ padding: 12 }} className="muted" role="option" aria-selected="false">Nothing has this name, id or digest.</li>}
      </ul>
    </dialog>
  );
}
