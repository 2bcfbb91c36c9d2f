import { useParams } from "@tanstack/react-router";
import { client, type Output, useOperation } from "../../data/api.ts";
import { Ago, count, day, Digest, number, seconds, To } from "../../parts/format.tsx";
import { Guarded } from "../../parts/guarded.tsx";
import { Answer, Card, Empty, Facts, PageHead } from "../../parts/layout.tsx";
import { CallCard } from "./call.tsx";

type Routes = Output<"routes.list">["routes"];
const fine = (value: number | undefined): string =>
  value === undefined ? "–" : value < 0.01 ? `${number(Number((value * 1000).toPrecision(3)))} ms` : seconds(value);

/** What is served where, by which arms, how fast; with one route (or only one there is), all about it. */
export function RoutesPage() {
  const { project = "", route } = useParams({ strict: false }) as { project?: string; route?: string };
  return (
    <Answer query={useOperation("routes.list", { project })}>
      {({ routes }) => {
        const chosen = route ?? (routes.length === 1 ? routes[0]?.route : undefined);
        return (
          <>
            {route === undefined && (
              <>
                <PageHead title="Routes">
                  {routes.length === 0
                    ? "Nothing is served yet."
                    : `${routes.length} ${routes.length === 1 ? "route" : "routes"}. A release moves a route; a rollback needs no approval.`}
                </PageHead>
                <List project={project} routes={routes} />
              </>
            )}
            {chosen !== undefined && <One project={project} route={chosen} alone={route !== undefined} />}
          </>
        );
      }}
    </Answer>
  );
}

const List = ({ project, routes }: { project: string; routes: Routes }) => (
  <Card flush>
    {routes.length === 0 ? (
      <Empty title="No route yet" command="capstan release MODEL">
        The first release of a route makes it.
      </Empty>
    ) : (
      <div className="scroll" tabIndex={0} role="group" aria-label="Routes">
        <table>
          <thead>
            <tr>
              <th>Route</th>
              <th>Model</th>
              <th>Arms</th>
              <th>Back to</th>
              <th className="num">Epoch</th>
              <th className="num">Requests</th>
              <th className="num">Failures</th>
              <th className="num">p50</th>
              <th className="num">p99</th>
              <th>Log</th>
              <th>Release</th>
            </tr>
          </thead>
          <tbody>
            {routes.map((one) => (
              <tr key={one.route}>
                <td>
                  <To href={`/p/${project}/routes/${one.route}`}>
                    <strong>{one.route}</strong>
                  </To>
                </td>
                <td>
                  <To href={`/p/${project}/models/${one.model}`}>{one.model}</To>
                </td>
                <td>
                  {one.arms.map((arm) => (
                    <span key={arm.arm} className={arm.arm === "live" ? "tag accent" : "tag"}>
                      {arm.version} {arm.arm} {number(arm.share * 100)} %
                    </span>
                  ))}
                </td>
                <td>{one.back === null ? "nothing" : `${one.back.version}, ${one.back.warm ? "warm" : "not loaded"}`}</td>
                <td className="num">{one.epoch}</td>
                <td className="num">{count(one.requests)}</td>
                <td className="num">{count(one.failures)}</td>
                <td className="num">{fine(one.latency?.p50)}</td>
                <td className="num">{fine(one.latency?.p99)}</td>
                <td>{one.log}</td>
                <td>
                  {one.release === null ? (
                    <span className="muted">none moves</span>
                  ) : (
                    <To href={`/p/${project}/releases/${one.release}`}>{one.release}</To>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    )}
  </Card>
);

function One({ project, route, alone }: { project: string; route: string; alone: boolean }) {
  return (
    <Answer query={useOperation("routes.get", { project, route })}>
      {(one) => {
        const rollback = (
          <Guarded
            capability="rollback"
            className="button danger"
            closed={one.back === null ? "there is nothing to go back to" : null}
            act={() => client.call("routes.rollback", { project, route })}
          >
            Roll back{one.back !== null && ` to ${one.back.version}`}
          </Guarded>
        );
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
                acts={rollback}
              >
                Answers with {one.model} {one.live}. Within {seconds(one.settings.answerWithin)}, else{" "}
                {one.settings.fallback.length === 0 ? "an error" : one.settings.fallback.join(", then ")}.
              </PageHead>
            )}
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
                <Card title="Arms" right={alone ? undefined : rollback} flush>
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
                <Card title="Epochs" note="every route table that was in force, newest first" flush>
                  <div className="scroll" tabIndex={0} role="group" aria-label="Epochs">
                    <table>
                      <thead>
                        <tr>
                          <th className="num">Epoch</th>
                          <th>UTC</th>
                          <th>Arms</th>
                          <th>Why</th>
                          <th className="num">Entry</th>
                        </tr>
                      </thead>
                      <tbody>
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
                              {epoch.reason}
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
                      </tbody>
                    </table>
                  </div>
                </Card>
              </div>
              <CallCard one={one} />
            </div>
          </>
        );
      }}
    </Answer>
  );
}
