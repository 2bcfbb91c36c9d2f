import "./routes.css";
import { useOperation } from "../../data/api.ts";
import { Ago, count, day, Digest, number, seconds, To } from "../../parts/format.tsx";
import { Answer, Card, Facts, PageHead } from "../../parts/layout.tsx";
import { Linked } from "../../parts/linked.tsx";
import { num, TableCard } from "../../parts/table-card.tsx";
import { CallCard } from "./call.tsx";
import { Predictions } from "./predictions.tsx";
import { RouteActs, RouteTabs } from "./route-head.tsx";

export const fine = (value: number | undefined): string =>
  value === undefined ? "–" : value < 0.01 ? `${number(Number((value * 1000).toPrecision(3)))} ms` : seconds(value);

/** All about one route; `alone`: the page is its own, not the list with the only route below it. */
export function RoutePart({ project, route, alone }: { project: string; route: string; alone: boolean }) {
  return (
    <Answer query={useOperation("routes.get", { project, route })}>
      {(one) => {
        return (
          <>
            {alone && (
              <PageHead
                title={one.route}
                tags={
                  <>
                    <span className="tag accent">{one.live ?? "nothing"} live</span>
                    <span className="tag">epoch {one.epoch}</span>
                  </>
                }
                acts={<RouteActs project={project} one={one} />}
              >
                Answers with {one.model} {one.live}. Within {seconds(one.settings.answerWithin)}, else{" "}
                {one.settings.fallback.length === 0 ? "an error" : one.settings.fallback.join(", then ")}.
              </PageHead>
            )}
            {alone && <RouteTabs project={project} route={one.route} />}
            <Facts
              facts={[
                { label: "Requests", value: count(one.requests), small: "since the program started" },
                {
                  label: "Latency, p50",
                  value: fine(one.latency?.p50),
                  small: one.latency ? `p95 ${fine(one.latency.p95)}, p99 ${fine(one.latency.p99)}` : "no request yet",
                },
                { label: "Failures", value: count(one.failures), small: `${count(one.fallbacks)} answered by a fallback` },
                {
                  label: "Predictions kept",
                  value: count(one.predictions.rows),
                  small: `${one.predictions.segments} segments, ${one.log} log`,
                },
                {
                  label: "Labels",
                  value: count(one.predictions.labels),
                  small:
                    one.predictions.rows === 0
                      ? ""
                      : `${number(Number(((one.predictions.labels / one.predictions.rows) * 100).toPrecision(3)))} % of the rows`,
                },
                {
                  label: "Seen",
                  value: one.predictions.lastObservedAt === null ? "–" : day(one.predictions.lastObservedAt),
                  small: one.predictions.firstObservedAt === null ? "" : `from ${day(one.predictions.firstObservedAt)}`,
                },
              ]}
            />
            <div className="grid two">
              <div className="grid" style={{ alignContent: "start" }}>
                <Card title="Arms" right={alone ? undefined : <RouteActs project={project} one={one} />} flush>
                  <div className="scroll" tabIndex={0} role="group" aria-label="Arms">
                    <table>
                      <thead>
                        <tr>
                          <th>Arm</th>
                          <th>Version</th>
                          <th className="num">Share</th>
                          <th className="num">Requests</th>
                          <th className="num">Rows</th>
                          <th className="num">Failures</th>
                          <th className="num">p50</th>
                          <th className="num">p99</th>
                          <th>Runs in</th>
                          <th className="num">Warm-up</th>
                          <th>Bundle</th>
                          <th className="num">Since</th>
                        </tr>
                      </thead>
                      <tbody>
                        {one.arms.map((arm) => (
                          <tr key={arm.arm}>
                            <td>{arm.arm}</td>
                            <td>
                              <To href={`/p/${project}/models/${arm.model}/${arm.version}`}>{arm.version}</To>
                            </td>
                            <td className="num">{number(arm.share * 100)} %</td>
                            <td className="num">{count(arm.requests)}</td>
                            <td className="num">{count(arm.rows)}</td>
                            <td className="num">{count(arm.failures)}</td>
                            <td className="num">{fine(arm.latency?.p50)}</td>
                            <td className="num">{fine(arm.latency?.p99)}</td>
                            <td>{arm.placement ?? "–"}</td>
                            <td className="num">{fine(arm.warmUp ?? undefined)}</td>
                            <td>
                              <Digest digest={arm.bundle} />
                            </td>
                            <td className="num">
                              <Ago time={arm.since} />
                            </td>
                          </tr>
                        ))}
                      </tbody>
                    </table>
                  </div>
                </Card>
                <TableCard
                  title="Epochs"
                  note="every route table that was in force, newest first"
                  head={[num("Epoch"), "UTC", "Arms", "Why", num("Entry")]}
                >
                  {one.epochs.map((epoch) => (
                    <tr key={epoch.epoch}>
                      <td className="num">{epoch.epoch}</td>
                      <td className="mono second" style={{ whiteSpace: "nowrap" }}>
                        <time dateTime={epoch.at} title={epoch.at}>
                          {epoch.at.slice(5, 10)} {epoch.at.slice(11, 19)}
                        </time>
                      </td>
                      <td style={{ whiteSpace: "nowrap" }}>
                        {epoch.arms.map((arm) => `${arm.version} ${arm.arm} ${number(arm.share * 100)} %`).join(", ")}
                      </td>
                      <td className="second" style={{ padding: "5px 10px" }}>
                        <Linked text={epoch.reason} base={`/p/${project}`} />
                      </td>
                      <td className="num">
                        {epoch.entry === null ? (
                          "–"
                        ) : (
                          <To className="mono" href={`/p/${project}/record/${epoch.entry}`}>
                            {epoch.entry.slice(-6)}
                          </To>
                        )}
                      </td>
                    </tr>
                  ))}
                </TableCard>
              </div>
              <CallCard one={one} project={project} />
            </div>
            <Predictions project={project} route={one.route} model={one.model} />
          </>
        );
      }}
    </Answer>
  );
}
