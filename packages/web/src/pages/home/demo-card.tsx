import type { Mark } from "@capstan/contract/operations/insights";
import type { Output } from "../../data/api.ts";
import { seconds } from "../../parts/format.tsx";
import { VerdictGlyph } from "../../parts/verdict.tsx";
import { num, TableCard } from "../../parts/table-card.tsx";

export type Demo = NonNullable<Output<"insights.loop">["demo"]>;
type Station = Demo["stations"][number];
const marks: Record<Station["state"], Mark> = { done: "pass", failed: "fail", running: "running", reused: "reused", waiting: "none" };
/** What a station found counts for more than that it ended; one that passed before and was not repeated is a hit. */
export const markOf = ({ state, verdict }: Pick<Station, "state" | "verdict">): Mark =>
  verdict === null || state === "running" || state === "waiting" || (state === "reused" && verdict === "pass") ? marks[state] : verdict;

/** The stations of the guided loop with what each one found. */
export function DemoCard({ demo }: { demo: Demo }) {
  const total = demo.stations.reduce((sum, one) => sum + (one.seconds ?? 0), 0);
  const done = demo.stations.filter((one) => one.state === "done" || one.state === "reused").length;
  const state =
    demo.state === "running"
      ? `${done} of ${demo.stations.length} stations`
      : demo.state === "failed"
        ? "ended before the last station"
        : `${demo.stations.length} stations in ${seconds(total)}`;
  return (
    <TableCard
      title="The guided loop"
      note="every figure was computed in this run"
      right={state}
      label="Stations of the guided loop"
      head={[{ text: "Number", hidden: true }, "Station", "Figure", num("Took"), "Reference"]}
    >
      {demo.stations.map((one) => (
        <tr key={one.id}>
          <td className="muted num index">{one.id}</td>
          <td>
            <span className="verdict">
              <VerdictGlyph mark={markOf(one)} />
              {one.title[0]?.toUpperCase()}
              {one.title.slice(1)}
            </span>
          </td>
          <td>{one.figure}</td>
          <td className="num muted">{one.seconds === null ? "" : seconds(one.seconds)}</td>
          <td>{one.digest !== null && one.digest !== "" && <code className="muted">{one.digest}</code>}</td>
        </tr>
      ))}
    </TableCard>
  );
}
