import { useNavigate } from "@tanstack/react-router";
import { IconSearch } from "@tabler/icons-react";
import { useEffect, useRef, useState } from "react";
import { useOperation } from "../data/api.ts";
import { commandsOf, type PaletteActs } from "./commands.ts";
import { nounIcons, places } from "./places.ts";

type Row = {
  id: string;
  group: string;
  icon: (typeof places)[number]["icon"];
  name: string;
  detail: string;
  keys: string;
  href: string | null;
  run: (() => void) | null;
};

/** Jump to anything, or do something: places and commands at once, everything else as the server finds it. */
export function Palette({
  base,
  project,
  close,
  acts,
}: {
  base: string;
  project: string | undefined;
  close: () => void;
  acts: PaletteActs;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  const list = useRef<HTMLUListElement>(null);
  const navigate = useNavigate();
  const [text, setText] = useState("");
  const [chosen, setChosen] = useState<string>();
  const commandsOnly = text.startsWith(">");
  const words = text.replace(/^>/, "").trim().toLowerCase();
  const found = useOperation(
    "insights.search",
    { q: words || "-", limit: 12, ...(project !== undefined && { project }) },
    { enabled: words.length > 0 && !commandsOnly },
  );
  useEffect(() => dialog.current?.showModal(), []);

  const rows: Row[] = [];
  const fits = (name: string): boolean => name.toLowerCase().includes(words);
  if (!commandsOnly) {
    for (const one of words === "" ? [] : (found.data?.results ?? []))
      rows.push({
        id: one.href + one.name,
        group: "Jump to",
        icon: nounIcons[one.noun],
        name: one.name,
        detail: `${one.noun}${one.detail === "" ? "" : `, ${/^[0-9a-f]{64}$/.test(one.detail) ? one.detail.slice(0, 8) : one.detail}`}`,
        keys: "",
        href: one.href,
        run: null,
      });
    for (const place of places.filter((one) => fits(one.name)))
      rows.push({
        id: place.path || "loop",
        group: words === "" ? "Pages" : "Jump to",
        icon: place.icon,
        name: place.name,
        detail: "page",
        keys: `G ${place.key.toUpperCase()}`,
        href: `${base}${place.path}`,
        run: null,
      });
  }
  for (const command of commandsOf(acts).filter((one) => fits(one.name)))
    rows.push({
      id: command.name,
      group: "Do",
      icon: command.icon,
      name: command.name,
      detail: command.detail,
      keys: command.keys,
      href: null,
      run: command.run,
    });
  const at = Math.max(
    0,
    rows.findIndex((row) => row.id === chosen),
  );

  const open = (row: Row | undefined): void => {
    if (row === undefined) return;
    close();
    if (row.href !== null) void navigate({ to: row.href as never });
    else row.run?.();
  };
  const move = (to: number): void => {
    const row = rows[Math.min(Math.max(to, 0), rows.length - 1)];
    setChosen(row?.id);
    list.current?.querySelector(`[data-row="${CSS.escape(row?.id ?? "")}"]`)?.scrollIntoView({ block: "nearest" });
  };

  return (
    <dialog
      ref={dialog}
      className="palette"
      aria-label="Search"
      onClose={close}
      onClick={(event) => event.target === dialog.current && close()}
    >
      <div className="ask">
        <IconSearch size={17} stroke={1.75} aria-hidden />
        <input
          aria-label="Search, jump or run a command"
          placeholder="Search, jump or run a command"
          value={text}
          role="combobox"
          aria-expanded="true"
          aria-controls="found"
          aria-autocomplete="list"
          {...(rows[at] && { "aria-activedescendant": `found-${at}` })}
          onChange={(event) => {
            setText(event.target.value);
            setChosen(undefined);
          }}
          onKeyDown={(event) => {
            if (event.key === "ArrowDown") move(at + 1);
            else if (event.key === "ArrowUp") move(at - 1);
            else if (event.key === "Enter") open(rows[at]);
            else return;
            event.preventDefault();
          }}
        />
      </div>
      <ul id="found" ref={list} role="listbox" aria-label="Found">
        {rows.map((row, i) => {
          const Icon = row.icon;
          return (
            <li key={row.id} role="presentation">
              {row.group !== rows[i - 1]?.group && (
                <div className="group" role="presentation">
                  {row.group}
                </div>
              )}
              <div
                id={`found-${i}`}
                data-row={row.id}
                role="option"
                aria-selected={i === at}
                className="option"
                onMouseMove={() => i !== at && setChosen(row.id)}
                onClick={() => open(row)}
              >
                <Icon size={16} stroke={1.75} aria-hidden />
                <span>
                  <Marked text={row.name} part={words} />
                </span>
                <span className="muted detail">{row.detail}</span>
                {row.keys !== "" && <kbd>{row.keys}</kbd>}
              </div>
            </li>
          );
        })}
      </ul>
      {rows.length === 0 && <p className="nothing muted">{found.isFetching ? "Looking…" : "Nothing has this name, id or digest."}</p>}
      <div className="foot muted">
        <span>
          <kbd>↑</kbd> <kbd>↓</kbd> move
        </span>
        <span>
          <kbd>↵</kbd> open
        </span>
        <span>
          <kbd>&gt;</kbd> commands only
        </span>
        <span className="last">paste any id or digest</span>
      </div>
    </dialog>
  );
}

/** The text with the part that was typed in accent. */
function Marked({ text, part }: { text: string; part: string }) {
  const at = part === "" ? -1 : text.toLowerCase().indexOf(part);
  return at < 0 ? (
    text
  ) : (
    <>
      {text.slice(0, at)}
      <b>{text.slice(at, at + part.length)}</b>
      {text.slice(at + part.length)}
    </>
  );
}
