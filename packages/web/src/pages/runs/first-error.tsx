import { Link } from "@tanstack/react-router";
import { useOperation } from "../../data/api.ts";
import { Card } from "../../parts/layout.tsx";
import { VerdictGlyph } from "../../parts/verdict.tsx";
import type { RunDetail } from "./run-detail.ts";
import { tellingLine } from "./telling-line.ts";

const around = 5;

/** The first line of the log that tells what went wrong, with those around it. */
export function FirstError({ project, run }: { project: string; run: RunDetail }) {
  const query = useOperation("pipeline.log", { project, ref: run.id, tail: 2_000 });
  const lines = query.data?.lines ?? [];
  if (lines.length === 0) return null;
  const found = tellingLine(lines);
  const at = found === -1 ? lines.length - 1 : found;
  const from = Math.max(0, at - around);
  return (
    <Card
      title={
        <span className="verdict">
          <VerdictGlyph mark="fail" />
          {found === -1 ? "It failed; its last lines" : "The first line that tells of an error"}
        </span>
      }
      right={<Link to={`/p/${project}/runs/${run.id}/logs` as never}>the whole log</Link>}
      flush
    >
      <pre className="log" tabIndex={0} role="group" aria-label="Lines around the error">
        {lines.slice(from, at + around + 1).map((line, i) =>
          from + i === at ? (
            <mark key={i}>
              {line}
              {"\n"}
            </mark>
          ) : (
            `${line}\n`
          ),
        )}
      </pre>
    </Card>
  );
}
