import { useState } from "react";
import { count, number } from "../../parts/format.tsx";
import { num, TableCard } from "../../parts/table-card.tsx";
import type { RunDetail } from "./run-detail.ts";

const shownAtOnce = 200;

/** Every metric: last, least, greatest, and what was not finite. */
export function RunMetrics({ facts, total }: { facts: RunDetail["metricFacts"]; total: number }) {
  const [shown, setShown] = useState(shownAtOnce);
  if (total === 0) return null;
  const broken = facts.some((one) => one.nonFinite > 0);
  return (
    <TableCard
      title="Metrics"
      note={facts.length === total ? count(total) : `${count(facts.length)} of ${count(total)}`}
      head={["Metric", num("Last"), num("Least"), num("Greatest"), num("Points"), num("At step"), ...(broken ? [num("Not finite")] : [])]}
      foot={
        facts.length > shown && (
          <tfoot>
            <tr>
              <td colSpan={broken ? 7 : 6}>
                <button type="button" className="text-button" onClick={() => setShown(shown + 1000)}>
                  {count(facts.length - shown)} more
                </button>
              </td>
            </tr>
          </tfoot>
        )
      }
    >
      {facts.slice(0, shown).map((one) => (
        <tr key={one.key}>
          <th scope="row" style={{ fontWeight: 400 }}>
            {one.key}
          </th>
          <td className="num strong">{number(one.last)}</td>
          <td className="num">{number(one.min)}</td>
          <td className="num">{number(one.max)}</td>
          <td className="num">{count(one.points)}</td>
          <td className="num">{count(one.step)}</td>
          {broken && <td className="num">{one.nonFinite}</td>}
        </tr>
      ))}
    </TableCard>
  );
}
