import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { client } from "../../../data/api.ts";
import { count } from "../../../parts/format.tsx";
import { Failure } from "../../../parts/layout.tsx";
import type { Shown } from "./files.ts";
import { ValueTable } from "./value-table.tsx";

const pageRows = 100;

/** A table read by the server, page by page: sorted by a click on a column, filtered by words. */
export function TableViewer({ project, run, file }: { project: string; run: string; file: Shown }) {
  const [offset, setOffset] = useState(0);
  const [sort, setSort] = useState<string>();
  const [words, setWords] = useState("");
  const [q, setQ] = useState("");
  useEffect(() => {
    // Nothing else is asked for: the page that was turned to meanwhile stays.
    if (words.trim() === q) return;
    const timer = setTimeout(() => {
      setQ(words.trim());
      setOffset(0);
    }, 200);
    return () => clearTimeout(timer);
  }, [words, q]);
  const asked = { project, run, path: file.path, offset, limit: pageRows, ...(sort !== undefined && { sort }), ...(q !== "" && { q }) };
  const page = useQuery({
    queryKey: ["artifact-table", file.digest, asked],
    queryFn: ({ signal }) => client.call("runs.table", asked, { signal }),
    placeholderData: keepPreviousData,
    staleTime: Infinity,
    retry: false,
  });
  if (page.isError) return <Failure error={page.error} retry={() => void page.refetch()} />;
  if (!page.data) return <div className="skeleton" aria-busy="true" />;
  const { columns, rows, total } = page.data;
  const last = Math.min(total, page.data.offset + rows.length);
  // Of the page that is asked for, not of the one before that is still shown.
  const isLast = offset + pageRows >= total;
  const by = (name: string): void => {
    setSort(sort === name ? `-${name}` : sort === `-${name}` ? undefined : name);
    setOffset(0);
  };
  return (
    <>
      <div className="viewer-bar">
        <span className="muted" role="status">
          {total === 0 ? "no row" : `rows ${count(page.data.offset + 1)} to ${count(last)} of ${count(total)}`}, {columns.length} columns
          {q !== "" && `, with “${q}”`}
        </span>
        <input
          className="field wide"
          aria-label="Rows that hold"
          placeholder="rows that hold …"
          value={words}
          onChange={(event) => setWords(event.target.value)}
        />
        <button type="button" className="button" aria-disabled={offset === 0} onClick={() => setOffset(Math.max(0, offset - pageRows))}>
          Earlier
        </button>
        <button type="button" className="button" aria-disabled={isLast} onClick={isLast ? undefined : () => setOffset(offset + pageRows)}>
          Later
        </button>
      </div>
      <ValueTable label={`Rows of ${file.path}`} columns={columns} rows={rows} sort={sort} by={by} />
    </>
  );
}
