import { useOperation } from "../../data/api.ts";
import { Card } from "../../parts/layout.tsx";
import type { RunDetail } from "./run-page.tsx";

/** The last lines that a step wrote. */
export function RunLog({ project, run }: { project: string; run: RunDetail }) {
  const query = useOperation("pipeline.log", { project, ref: run.id, tail: 200 }, { ...(run.status === "RUNNING" && { everyMs: 1_000 }) });
  if (query.isError || query.data === undefined) return null;
  const { lines, cut } = query.data;
  return (
    <Card
      title="Log"
      note={lines.length === 0 ? "nothing was written" : cut ? `last ${lines.length} lines` : `${lines.length} lines`}
      flush
    >
      {lines.length > 0 && (
        <pre className="log" tabIndex={0} role="group" aria-label="Log">
          {lines.join("\n")}
        </pre>
      )}
    </Card>
  );
}
