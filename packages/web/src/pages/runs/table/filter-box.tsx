import { IconFilter, IconX } from "@tabler/icons-react";
import { type ReactNode, useEffect, useId, useLayoutEffect, useRef, useState } from "react";
import { useOperation } from "../../../data/api.ts";
import {
  type Context,
  contextAt,
  keyText,
  operatorsFor,
  piecesOf,
  placeOfMistake,
  statisticsAt,
  unfinished,
  valueBehind,
} from "./filter-text.ts";

const restMs = 150;
const shownAtMost = 12;
const attributes = ["name", "status", "kind", "step", "user", "by", "verdict", "started", "ended", "seconds", "parent", "id"];

type Choice = { text: string; note: string; put: string; /** More belongs right behind it. */ open?: true };

/**
 * One text in the language of the search, coloured, with names, operators and values offered at the caret. What is typed is asked after a pause;
 * a mistake is underlined where it is and told below.
 */
export function FilterBox({
  project,
  experiment,
  filter,
  onFilter,
  error,
  said,
}: {
  project: string;
  experiment: string | undefined;
  filter: string;
  onFilter: (filter: string) => void;
  /** Why the server did not take it. */ error: Error | null;
  /** How many were found, and how fast. */ said: ReactNode;
}) {
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  const layer = useRef<HTMLDivElement>(null);
  const [text, setText] = useState(filter);
  const [caret, setCaret] = useState<number>();
  /** The choice that Enter takes; it stays the same while others come and go around it. */
  const [picked, setPicked] = useState<string>();
  const sent = useRef(filter);
  /** Where the caret belongs once the text is there. */
  const wanted = useRef<number>(undefined);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => {
    // Changed from elsewhere: a view, a group, a brush.
    if (filter !== sent.current) {
      setText(filter);
      clearTimeout(timer.current);
    }
    sent.current = filter;
  }, [filter]);
  useEffect(() => () => clearTimeout(timer.current), []);
  const ask = (next: string, now = false): void => {
    setText(next);
    setPicked(undefined);
    clearTimeout(timer.current);
    const send = (): void => {
      sent.current = next;
      onFilter(next);
    };
    if (now) send();
    else timer.current = setTimeout(send, restMs);
  };
  // Before anything else can be typed.
  useLayoutEffect(() => {
    if (wanted.current === undefined) return;
    input.current?.setSelectionRange(wanted.current, wanted.current);
    wanted.current = undefined;
  });
  const context = caret === undefined ? undefined : contextAt(text, caret);
  const choices = useChoices(project, experiment, context);
  const open = context !== undefined && choices.length > 0;
  const at = choices.findIndex((one) => one.text === picked);
  const choose = (choice: Choice): void => {
    if (!context || caret === undefined) return;
    const put = choice.open ? choice.put : `${choice.put} `;
    const next = `${text.slice(0, context.from)}${put}${text.slice(caret).trimStart()}`;
    const end = context.from + put.length;
    ask(next);
    setCaret(end);
    wanted.current = end;
  };
  const missing = text === filter ? unfinished(text) : undefined;
  const mistake = missing ? missing.at : error === null || text !== filter ? undefined : placeOfMistake(error.message);
  const problem = missing?.problem ?? error?.message;
  const place = (): void => {
    const field = input.current;
    if (field && document.activeElement === field) setCaret(field.selectionStart ?? text.length);
    if (field && layer.current) layer.current.scrollLeft = field.scrollLeft;
  };

  return (
    <div className="filter">
      <div className="filter-box">
        <IconFilter size={15} stroke={1.75} aria-hidden />
        <div className="filter-field">
          <div ref={layer} className="filter-layer mono" aria-hidden>
            <Coloured text={text} mistake={mistake} />
          </div>
          <input
            ref={input}
            data-filter
            className="mono"
            aria-label="Filter"
            role="combobox"
            aria-expanded={open}
            aria-controls={`${id}-choices`}
            aria-autocomplete="list"
            {...(open && at >= 0 && { "aria-activedescendant": `${id}-${at}` })}
            placeholder="metrics.auc > 0.7 AND (params.kind = boosted OR started > -3d)"
            value={text}
            spellCheck={false}
            autoComplete="off"
            aria-describedby={`${id}-said`}
            {...(problem !== undefined && { "aria-invalid": true, "aria-errormessage": `${id}-problem` })}
            onChange={(event) => {
              ask(event.target.value);
              setCaret(event.target.selectionStart ?? event.target.value.length);
            }}
            onSelect={place}
            onScroll={place}
            onBlur={() => setCaret(undefined)}
            onKeyDown={(event) => {
              if (event.key === "Escape") {
                if (caret !== undefined && open) event.stopPropagation();
                setCaret(undefined);
              } else if (event.key === "ArrowDown" && open) {
                event.preventDefault();
                setPicked(choices[(at + 1) % choices.length]?.text);
              } else if (event.key === "ArrowUp" && open) {
                event.preventDefault();
                setPicked(choices[(at <= 0 ? choices.length : at) - 1]?.text);
              } else if ((event.key === "Enter" || event.key === "Tab") && open && choices[at]) {
                event.preventDefault();
                choose(choices[at]);
              } else if (event.key === "Enter") {
                ask(text, true);
                setCaret(undefined);
              }
            }}
          />
        </div>
        <span id={`${id}-said`} className="muted filter-said" role="status">
          {text === filter && said}
        </span>
        {text !== "" && (
          <button type="button" className="icon-button small" aria-label="Clear the filter" onClick={() => ask("", true)}>
            <IconX size={13} stroke={1.75} />
          </button>
        )}
        <kbd aria-hidden>/</kbd>
      </div>
      <ul
        id={`${id}-choices`}
        className="choices"
        role="listbox"
        aria-label="What can stand here"
        hidden={!open}
        style={{ left: `calc(34px + ${Math.min(context?.from ?? 0, 60)}ch * 0.885)` }}
      >
        {open &&
          choices.map((choice, i) => (
            <li
              key={choice.text}
              id={`${id}-${i}`}
              role="option"
              aria-selected={i === at}
              // The field keeps the focus.
              onMouseDown={(event) => event.preventDefault()}
              onClick={() => choose(choice)}
            >
              <span className="mono">{choice.text}</span>
              <span className="muted">{choice.note}</span>
            </li>
          ))}
      </ul>
      {problem !== undefined && (
        <p id={`${id}-problem`} className="filter-problem" role="alert">
          {problem}
        </p>
      )}
    </div>
  );
}

function Coloured({ text, mistake }: { text: string; mistake: number | undefined }) {
  const pieces = piecesOf(text);
  const wrong =
    mistake === undefined ? undefined : (pieces.findLast((one) => one.from <= mistake && one.kind !== "space") ?? pieces.at(-1));
  return (
    <>
      {pieces.map((one) => (
        <span key={one.from} className={`piece-${one.kind}${one === wrong ? " wrong" : ""}`}>
          {one.text}
        </span>
      ))}
    </>
  );
}

/** What fits at the caret: names of this table by use, operators of the type, values by use. */
function useChoices(project: string, experiment: string | undefined, context: Context | undefined): readonly Choice[] {
  const place = { project, ...(experiment !== undefined && { experiment }) };
  const typed = context?.typed ?? "";
  const wantsKey = context?.wants === "key";
  const has = wantsKey ? (/^has:/i.exec(typed)?.[0] ?? "") : "";
  const wanted = wantsKey
    ? typed
        .slice(has.length)
        .replace(/^(metrics|params|tags)\./, "")
        .replace(/`/g, "")
    : "";
  const names = useOperation("runs.names", { ...place, q: wanted, limit: 200 }, { enabled: wantsKey, keep: () => true });
  const key = context && "key" in context ? context.key : "";
  const values = useOperation(
    "runs.values",
    { ...place, key, q: typed.replace(/['"]$/, "") },
    {
      enabled: context?.wants === "value" && key !== "" && !/^metrics?\./.test(key) && !isTime(key),
      keep: (before) => before.key === key,
    },
  );
  if (!context) return [];
  if (context.wants === "operator")
    return operatorsFor(context.key)
      .filter((one) => one.startsWith(typed.trim().toUpperCase()))
      .map((one) => ({ text: one, note: meaning[one] ?? "", put: one }));
  if (context.wants === "and")
    return [
      { text: "AND", note: "and this, too", put: "AND" },
      ...(context.only === undefined ? [{ text: "OR", note: "or this; binds less than AND", put: "OR" }] : []),
    ].filter((one) => one.text.startsWith(typed.toUpperCase()));
  // A text whose quote is closed is there.
  if (context.wants === "value" && /['"]$/.test(typed)) return [];
  if (context.wants === "value" && isTime(context.key))
    return timesOffered.filter(({ text }) => text.startsWith(typed)).map((one) => ({ ...one, put: one.text }));
  if (context.wants === "value") {
    const me = isPerson(context.key) && /^(!?=|(NOT\s+)?IN)$/.test(context.operator) && "me".startsWith(typed);
    const found = (values.data?.values ?? []).flatMap((one): Choice[] => {
      const put = valueBehind(context.key, context.operator, one.value);
      return put === undefined ? [] : [{ text: one.value, note: `${one.runs} of ${values.data?.sampled ?? 0} newest`, put }];
    });
    return me ? [{ text: "me", note: "whoever asks", put: "me" }, ...found] : found;
  }
  const statistics = statisticsAt(typed);
  if (statistics.length > 0) return statistics.map((one) => ({ ...one, put: one.text }));
  const bare = typed.slice(has.length);
  const entity = /^(metrics|params|tags)\./.exec(bare)?.[0] ?? "";
  return [
    ...(entity === "" && bare !== ""
      ? attributes.filter((one) => one.startsWith(bare)).map((one) => ({ text: one, note: "attribute", put: has + one }))
      : []),
    ...(names.data?.names ?? [])
      .filter((one) => one.key.startsWith(entity) && one.key.toLowerCase().includes(wanted.toLowerCase()))
      .map((one) => ({ text: one.key, note: `${one.runs} of ${names.data?.sampled ?? 0} newest`, put: has + keyText(one.key) })),
  ].slice(0, shownAtMost);
}

const timesOffered = [
  { text: "today", note: "since midnight, UTC" },
  { text: "yesterday", note: "the day before, UTC" },
  { text: "-1h", note: "an hour ago" },
  { text: "-24h", note: "a day ago" },
  { text: "-7d", note: "a week ago" },
  { text: "-30d", note: "thirty days ago" },
];
const isPerson = (key: string): boolean => ["by", "user", "user_id"].includes(key.replace(/^attributes?\./, ""));
const isTime = (key: string): boolean => ["started", "ended", "start_time", "end_time", "created"].includes(key);

const meaning: Readonly<Record<string, string>> = {
  LIKE: "% stands for anything",
  ILIKE: "whatever the case",
  "~": "holds, whatever the case",
  BETWEEN: "both ends belong to it",
  "!=": "a missing value does not match",
  "IS NULL": "has none",
  "IS NOT NULL": "has one",
};
