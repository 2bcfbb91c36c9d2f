import { useInfiniteQuery } from "@tanstack/react-query";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useMemo, useRef, useState } from "react";
import { count } from "../../../parts/format.tsx";
import { Failure } from "../../../parts/layout.tsx";
import type { Shown } from "./files.ts";
import { readPart, startOfEnd, startOfLine } from "./lines.ts";

const rowPixels = 18;
const lineAtMost = 4000;
/** Of terminals: colours and cursor moves are dropped. */
// oxlint-disable-next-line no-control-regex
const escapes = /\x1b\[[0-9;?]*[ -/]*[@-~]/g;

/** A text of any size, read as it is scrolled to. A line may be asked for, and the end. */
export function TextViewer({ file }: { file: Shown }) {
  /** Where reading began, and the number of the line there; unknown after a jump to the end. */
  const [start, setStart] = useState<{ from: number; line: number | null }>({ from: 0, line: 1 });
  const [asked, setAsked] = useState("");
  const [looking, setLooking] = useState(false);
  const [problem, setProblem] = useState<Error>();
  const box = useRef<HTMLDivElement>(null);
  const parts = useInfiniteQuery({
    queryKey: ["file", file.url, file.digest, start.from],
    queryFn: ({ pageParam, signal }) => readPart(file.url, pageParam, file.sizeBytes, signal),
    initialPageParam: start.from,
    getNextPageParam: (last) => last.next,
    staleTime: Infinity,
  });
  const lines = useMemo(() => parts.data?.pages.flatMap((part) => part.lines) ?? [], [parts.data]);
  const rows = useVirtualizer({ count: lines.length, getScrollElement: () => box.current, estimateSize: () => rowPixels, overscan: 20 });
  const shown = rows.getVirtualItems();
  const lastShown = shown.at(-1)?.index ?? 0;
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = parts;
  useEffect(() => {
    if (lastShown >= lines.length - 40 && hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [lastShown, lines.length, hasNextPage, isFetchingNextPage, fetchNextPage]);
  /** Where one wants to be now: a place that is found later than it was given up moves nothing. */
  const jumps = useRef(0);
  const jump = (to: Promise<{ from: number; line: number | null }>): void => {
    const mine = ++jumps.current;
    setLooking(true);
    setProblem(undefined);
    const arrive = (then: () => void): void => {
      if (jumps.current !== mine) return;
      setLooking(false);
      then();
    };
    to.then(
      (at) =>
        arrive(() => {
          setStart(at);
          box.current?.scrollTo(0, 0);
        }),
      (error: Error) => arrive(() => setProblem(error)),
    );
  };
  const wide = start.line === null ? 0 : String(start.line + lines.length).length;
  const failed = problem ?? parts.error;
  return (
    <>
      <form
        className="viewer-bar"
        onSubmit={(event) => {
          event.preventDefault();
          if (Number(asked) >= 1) jump(startOfLine(file.url, Math.trunc(Number(asked))));
        }}
      >
        <span className="muted" role="status">
          {looking || parts.isPending
            ? "Reading …"
            : start.line === null
              ? "the last lines"
              : `lines ${count(start.line)} to ${count(start.line + lines.length - 1)}${hasNextPage ? ", more as you scroll" : ", the last"}`}
        </span>
        <button type="button" className="button" onClick={() => jump(Promise.resolve({ from: 0, line: 1 }))}>
          Beginning
        </button>
        <button
          type="button"
          className="button"
          onClick={() => jump(startOfEnd(file.url, file.sizeBytes).then((from) => ({ from, line: from === 0 ? 1 : null })))}
        >
          End
        </button>
        <input
          className="field"
          aria-label="Go to line"
          placeholder="line"
          inputMode="numeric"
          value={asked}
          onChange={(event) => setAsked(event.target.value)}
        />
        <button type="submit" className="button" aria-disabled={!(Number(asked) >= 1)}>
          Go
        </button>
      </form>
      {failed && <Failure error={failed} retry={() => void parts.refetch()} />}
      <div ref={box} className="lines" tabIndex={0} role="group" aria-label={`Text of ${file.path}`}>
        <div style={{ height: rows.getTotalSize() }}>
          {shown.map((row) => {
            const text = (lines[row.index] ?? "").replace(escapes, "");
            return (
              <div key={row.key} className="line-of-text" style={{ transform: `translateY(${row.start}px)` }}>
                {start.line !== null && (
                  <span className="number" style={{ width: `${wide + 1}ch` }}>
                    {start.line + row.index}
                  </span>
                )}
                {text.length > lineAtMost ? `${text.slice(0, lineAtMost)}… (${count(text.length)} characters)` : text}
              </div>
            );
          })}
        </div>
      </div>
    </>
  );
}
