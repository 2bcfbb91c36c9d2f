import { useMemo, useState } from "react";
import { count, number } from "../../../parts/format.tsx";
import { Card } from "../../../parts/layout.tsx";
import { NameChoice } from "./name-choice.tsx";
import { useImportance } from "./use-importance.ts";
import { bare, type ManyRuns, metricsOf, ofHowMany, usePoints, varyingParams } from "./values.ts";

const runsAtMost = 1000;
const paramsAtMost = 16;
/** Below this the params tell too little for their shares to mean something. */
const leastR2 = 0.2;

/** Which params a metric follows from, by a forest of small trees. */
export function ImportanceCard({ question, order, total, names }: ManyRuns) {
  const metrics = metricsOf(names);
  const [chosen, setChosen] = useState<string>();
  const metric = chosen ?? metrics[0];
  const params = useMemo(
    () =>
      varyingParams(names)
        .slice(0, paramsAtMost)
        .map((one) => one.key),
    [names],
  );
  const columns = useMemo(() => (metric === undefined || params.length === 0 ? [] : [...params, metric]), [params, metric]);
  const { points, asking } = usePoints(question, order, columns, runsAtMost);
  const { found, rows } = useImportance(points, params.length);
  if (metric === undefined || params.length === 0) return null;
  const shares = params.map((key, i) => ({ key, share: found?.shares[i] ?? 0 })).toSorted((a, b) => b.share - a.share);
  const most = shares[0]?.share ?? 0;
  return (
    <Card
      title="What params decide"
      note={ofHowMany(rows, total)}
      right={<NameChoice label="Metric that params decide" keys={metrics} value={metric} onChoose={setChosen} />}
    >
      {found === undefined ? (
        <p className="second" aria-busy={asking}>
          {asking ? "Asking for values." : rows < 12 ? "Fewer than twelve runs have this metric." : "Growing trees."}
        </p>
      ) : found.r2 < leastR2 ? (
        <p className="second">
          These {count(params.length)} params explain {bare(metric)} too little to tell them apart (R² {found.r2.toFixed(2)} on runs left
          out).
        </p>
      ) : (
        <>
          <ol className="bars">
            {shares.map(({ key, share }) => (
              <li key={key}>
                <span className="clip" title={key}>
                  {bare(key)}
                </span>
                <span className="bar-track" aria-hidden>
                  <i style={{ width: `${most === 0 ? 0 : (100 * share) / most}%`, background: "var(--seq-5)" }} />
                </span>
                <span className="num">{(100 * share).toFixed(share < 0.095 ? 1 : 0)} %</span>
              </li>
            ))}
          </ol>
          <p className="muted chart-note">
            How much worse a forest of 40 trees tells it without the param; R² {number(Number(found.r2.toFixed(2)))} on runs left out.
          </p>
        </>
      )}
    </Card>
  );
}
