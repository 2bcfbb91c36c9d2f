import { Link, useParams } from "@tanstack/react-router";
import { useOperation } from "../../data/api.ts";
import { Ago, count, number } from "../../parts/format.tsx";
import { Answer, Card, Empty, PageHead } from "../../parts/layout.tsx";
import { Spark } from "../../parts/spark.tsx";
import { VerdictGlyph } from "../../parts/verdict.tsx";

/** Named groups of runs, newest activity first. */
export function ExperimentsPage() {
  const { project = "" } = useParams({ strict: false }) as { project?: string };
  const query = useOperation("experiments.list", { project });
  return (
    <>
      <PageHead
        title="Experiments"
        acts={
          <Link to={`/p/${project}/runs` as never} className="button">
            All runs
          </Link>
        }
      >
        Runs in named groups, whichever program logged them.
      </PageHead>
      <Answer query={query}>
        {({ experiments, total }) =>
          experiments.length === 0 ? (
            <Empty title="No experiment yet." command={`MLFLOW_TRACKING_URI=${location.origin}`}>
              A pipeline makes one, and so does any MLflow client that is pointed here.
            </Empty>
          ) : (
            <Card title="Experiments" right={count(total)} flush>
              <div className="scroll" tabIndex={0} role="group" aria-label="Experiments">
                <table>
                  <thead>
                    <tr>
                      <th scope="col">Name</th>
                      <th scope="col" className="num">
                        Runs
                      </th>
                      <th scope="col">Running</th>
                      <th scope="col">Main metric</th>
                      <th scope="col" className="num">
                        Newest
                      </th>
                      <th scope="col">Over time</th>
                      <th scope="col" className="num">
                        Last activity
                      </th>
                    </tr>
                  </thead>
                  <tbody>
                    {experiments.map((one) => (
                      <tr key={one.id}>
                        <td>
                          <Link to={`/p/${project}/experiments/${one.id}` as never}>{one.name}</Link>
                        </td>
                        <td className="num">{count(one.runs)}</td>
                        <td>
                          {one.running > 0 ? (
                            <span className="verdict">
                              <VerdictGlyph mark="running" label={false} />
                              {one.running} running
                            </span>
                          ) : (
                            <span className="muted">none</span>
                          )}
                        </td>
                        <td>{one.mainMetric?.key ?? <span className="muted">none logged</span>}</td>
                        <td className="num">{number(one.mainMetric?.values.at(-1))}</td>
                        <td>{one.mainMetric && <Spark values={one.mainMetric.values} width={80} />}</td>
                        <td className="num muted">
                          <Ago time={one.lastActivity} />
                        </td>
                      </tr>
                    ))}
                  </tbody>
                </table>
              </div>
            </Card>
          )
        }
      </Answer>
    </>
  );
}
