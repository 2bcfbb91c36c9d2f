import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { bytes, count } from "../../../parts/format.tsx";
import { Failure } from "../../../parts/layout.tsx";
import { bytesOf, type Shown } from "./files.ts";
import { TextViewer } from "./text-viewer.tsx";
import { ValueTable } from "./value-table.tsx";

type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

const parsedAtMost = 8_000_000;
const childrenAtOnce = 100;

/** JSON as a tree that opens; a table as MLflow's clients log it as one; what is too large or none as its text. */
export function JsonViewer({ file }: { file: Shown }) {
  const small = file.sizeBytes <= parsedAtMost;
  const query = useQuery({
    queryKey: ["json", file.url, file.digest],
    queryFn: async ({ signal }) => new TextDecoder().decode(await bytesOf(file.url, 0, file.sizeBytes, signal)),
    enabled: small,
    staleTime: Infinity,
  });
  if (!small)
    return (
      <>
        <p className="second viewer-note">{bytes(file.sizeBytes)} are too many for a tree; this is the text.</p>
        <TextViewer file={file} />
      </>
    );
  if (query.isError) return <Failure error={query.error} retry={() => void query.refetch()} />;
  if (query.data === undefined) return <div className="skeleton" aria-busy="true" />;
  const parsed = parse(query.data);
  if ("problem" in parsed)
    return (
      <>
        <p className="second viewer-note">It is named JSON, but {parsed.problem}. This is the text.</p>
        <TextViewer file={file} />
      </>
    );
  const table = tableOf(parsed.value);
  if (table) return <ValueTable label={`Rows of ${file.path}`} {...table} />;
  return (
    <div className="json" tabIndex={0} role="group" aria-label={`Content of ${file.path}`}>
      <Branch name={null} value={parsed.value} depth={0} />
    </div>
  );
}

function parse(text: string): { value: Json } | { problem: string } {
  try {
    return { value: JSON.parse(text) as Json };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : "it is none" };
  }
}

const plain = (value: Json): string | number | boolean | null =>
  typeof value === "object" && value !== null ? JSON.stringify(value) : value;

/** `{columns, data}` as tables are logged. */
function tableOf(value: Json): { columns: { name: string; type: string }[]; rows: (string | number | boolean | null)[][] } | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  const { columns, data } = value as { columns?: Json; data?: Json };
  if (!Array.isArray(columns) || !Array.isArray(data) || !columns.every((one) => typeof one === "string")) return undefined;
  if (!data.every((row) => Array.isArray(row))) return undefined;
  const rows = (data as Json[][]).slice(0, 1000).map((row) => row.map(plain));
  return { columns: columns.map((name, i) => ({ name: String(name), type: typeof rows[0]?.[i] })), rows };
}

function Branch({ name, value, depth }: { name: string | null; value: Json; depth: number }) {
  const [open, setOpen] = useState(depth < 1);
  const [shown, setShown] = useState(childrenAtOnce);
  const key = name === null ? null : <span className="key">{name}: </span>;
  if (typeof value !== "object" || value === null)
    return (
      <div className="leaf">
        {key}
        <span className={typeof value === "string" ? "text" : "number"}>{JSON.stringify(value)}</span>
      </div>
    );
  const list = Array.isArray(value);
  const entries: readonly [string, Json][] = list ? value.map((one, i) => [String(i), one as Json]) : Object.entries(value);
  return (
    <div>
      <button type="button" className="fold" aria-expanded={open} onClick={() => setOpen(!open)}>
        <span aria-hidden>{open ? "⌄" : "›"} </span>
        {key}
        <span className="muted">
          {list
            ? `${count(entries.length)} ${entries.length === 1 ? "item" : "items"}`
            : `${entries.length} ${entries.length === 1 ? "member" : "members"}`}
        </span>
      </button>
      {open && (
        <div className="inside">
          {entries.slice(0, shown).map(([child, one]) => (
            <Branch key={child} name={child} value={one} depth={depth + 1} />
          ))}
          {entries.length > shown && (
            <button type="button" className="text-button" onClick={() => setShown(shown + 10 * childrenAtOnce)}>
              {count(entries.length - shown)} more
            </button>
          )}
        </div>
      )}
    </div>
  );
}
