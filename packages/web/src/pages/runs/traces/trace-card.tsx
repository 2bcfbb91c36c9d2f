import { IconChevronDown, IconChevronRight } from "@tabler/icons-react";
import { useMemo, useState } from "react";
import { type Output, useOperation } from "../../../data/api.ts";
import { count, seconds } from "../../../parts/format.tsx";
import { Answer, Card } from "../../../parts/layout.tsx";
import { VerdictGlyph } from "../../../parts/verdict.tsx";
import { SpanPanel } from "./span-panel.tsx";
import { treeOf } from "./span-tree.ts";

type Trace = Output<"traces.get">;
const shownAtMost = 500;

/** One trace: its spans as a tree beside their time, and what the chosen one took and gave. */
export function TraceCard({ project, id }: { project: string; id: string }) {
  const query = useOperation("traces.get", { project, trace: id });
  return <Answer query={query}>{(trace) => <Spans key={trace.id} trace={trace} />}</Answer>;
}

function Spans({ trace }: { trace: Trace }) {
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set());
  // What failed last began the failures above it.
  const [chosen, setChosen] = useState((trace.spans.findLast((one) => one.failed) ?? trace.spans[0])?.id);
  const placed = useMemo(() => treeOf(trace.spans, closed), [trace.spans, closed]);
  const end = Math.max(trace.seconds ?? 0, ...trace.spans.map((one) => one.atSeconds + (one.seconds ?? 0)), 1e-6);
  const span = trace.spans.find((one) => one.id === chosen);
  const turn = (id: string): void =>
    setClosed((old) => {
      const next = new Set(old);
      if (!next.delete(id)) next.add(id);
      return next;
    });
  return (
    <>
      <Card title={trace.name ?? trace.id} note={`${count(trace.spans.length)} spans, ${seconds(trace.seconds)}`} flush>
        {trace.spans.length === 0 ? (
          <p className="second viewer-note">Its spans have not come.</p>
        ) : (
          <ul className="spans" aria-label={`Spans of ${trace.name ?? trace.id}`}>
            {placed.slice(0, shownAtMost).map(({ span, depth, children }) => (
              <li key={span.id} className={span.id === chosen ? "chosen" : undefined}>
                <span className="span-name" style={{ paddingLeft: depth * 16 }}>
                  {children > 0 ? (
                    <button
                      type="button"
                      className="open-below"
                      aria-expanded={!closed.has(span.id)}
                      aria-label={`${closed.has(span.id) ? "Show" : "Hide"} what ${span.name} began`}
                      onClick={() => turn(span.id)}
                    >
                      {closed.has(span.id) ? <IconChevronRight size={14} aria-hidden /> : <IconChevronDown size={14} aria-hidden />}
                    </button>
                  ) : (
                    <span className="open-below" />
                  )}
                  {span.failed && <VerdictGlyph mark="error" />}
                  <button type="button" className="text-button clip" aria-pressed={span.id === chosen} onClick={() => setChosen(span.id)}>
                    {span.name}
                  </button>
                  {span.type !== null && span.type !== "UNKNOWN" && <span className="tag">{span.type.toLowerCase()}</span>}
                </span>
                <span className="span-time" aria-hidden>
                  <i
                    style={{
                      left: `${(100 * span.atSeconds) / end}%`,
                      width: `max(2px, ${(100 * (span.seconds ?? end - span.atSeconds)) / end}%)`,
                      background: span.failed ? "var(--fail-glyph)" : "var(--seq-5)",
                    }}
                  />
                </span>
                <span className="num muted">{seconds(span.seconds)}</span>
              </li>
            ))}
          </ul>
        )}
        {placed.length > shownAtMost && (
          <p className="muted viewer-note">
            The first {shownAtMost} of {count(placed.length)}; close some to see others.
          </p>
        )}
      </Card>
      {span && <SpanPanel span={span} said={trace.assessments.filter((one) => one.span === null || one.span === span.id)} />}
    </>
  );
}
