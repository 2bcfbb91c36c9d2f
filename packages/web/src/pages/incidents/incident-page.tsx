import { useParams } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { client, type Output, useOperation } from "../../data/api.ts";
import { type Evidence, EvidenceChart } from "../../parts/evidence-chart.tsx";
import { day, number, To } from "../../parts/format.tsx";
import { Answer, Card, Empty, Facts, PageHead } from "../../parts/layout.tsx";
import { Linked } from "../../parts/linked.tsx";
import { Sheet } from "../../parts/sheet.tsx";
import { VerdictGlyph } from "../../parts/verdict.tsx";
import { RouteActs } from "../routes/route-head.tsx";
import { SeverityBadge, StateTag } from "./severity.tsx";
import { Timeline } from "./timeline.tsx";

type Incident = Output<"incidents.get">;
const list = { listStyle: "none", margin: 0, padding: 0, display: "grid", gap: 12 } as const;

/** What happened, to whom, why it made sense, and what is changed. */
export function IncidentPage() {
  const { project = "", incident = "" } = useParams({ strict: false }) as { project?: string; incident?: string };
  return <Answer query={useOperation("incidents.get", { project, incident })}>{(one) => <Page project={project} one={one} />}</Answer>;
}

function Page({ project, one }: { project: string; one: Incident }) {
  const [message, setMessage] = useState("");
  const alerts = useOperation("alerts.list", { project, state: "all", limit: 1000 });
  const routes = useOperation("routes.list", { project });
  const served = routes.data?.routes.find((each) => each.model === one.model);
  const route = useOperation("routes.get", { project, route: served?.route ?? "" }, { enabled: served !== undefined }).data;
  const monitorOf = (id: string): string | undefined => alerts.data?.alerts.find((each) => each.id === id)?.monitor;
  const waits = one.actions.filter((each) => each.state === "open").map((each) => each.action);
  const closed =
    one.state === "closed"
      ? "it is closed"
      : one.state === "open" && waits.length === 0
        ? "it still goes on"
        : waits.length > 0
          ? `waits for ${waits.join(", ")}`
          : null;
  return (
    <>
      <PageHead
        title={
          <>
            {one.incident} <span style={{ fontWeight: 400 }}>{one.title}</span>
          </>
        }
        tags={
          <>
            <SeverityBadge severity={one.severity} />
            <StateTag state={one.state} />
          </>
        }
        acts={
          <>
            {one.state !== "closed" && route && <RouteActs project={project} one={route} />}
            <Sheet
              capability="incident"
              closed={closed}
              className={closed === null ? "button filled" : "button"}
              open="Close"
              title={`Close ${one.incident}`}
              name={`Close ${one.incident}`}
              waits={message.trim() === "" ? "write what was learned" : null}
              effect="Its timeline and evidence stay as they are. What comes later opens an incident of its own."
              act={() => client.call("incidents.close", { project, incident: one.incident, message: message.trim() })}
            >
              <label>
                <span className="second">What was learned</span>
                <textarea
                  className="field"
                  rows={3}
                  style={{ height: "auto", paddingBlock: 6 }}
                  value={message}
                  onChange={(event) => setMessage(event.target.value)}
                />
              </label>
            </Sheet>
          </>
        }
      >
        <Linked text={one.sentence} base={`/p/${project}`} />{" "}
        {one.model !== null && <To href={`/p/${project}/models/${one.model}`}>{one.model}</To>}
      </PageHead>
      <Facts facts={one.facts.map((fact) => ({ ...fact, value: <Linked text={fact.value} base={`/p/${project}`} /> }))} />
      <div className="grid two">
        <div className="grid" style={{ alignContent: "start" }}>
          {one.impact && <Impact one={one} impact={one.impact} />}
          <Timeline events={one.timeline} base={`/p/${project}`} />
        </div>
        <div className="grid" style={{ alignContent: "start" }}>
          <Card title="Contributing factors" right={one.factors.length}>
            {one.factors.length === 0 ? (
              <p className="second">None named yet.</p>
            ) : (
              <ul style={list}>
                {one.factors.map((each) => (
                  <li key={`${each.type} ${each.title}`}>
                    <div className="muted" style={{ display: "flex" }}>
                      {each.type.replaceAll("_", " ")}
                      <span style={{ marginLeft: "auto" }}>
                        {each.href !== null ? (
                          <To href={each.href}>evidence</To>
                        ) : (
                          each.entry !== null && <To href={`/p/${project}/record/${each.entry}`}>entry {each.entry}</To>
                        )}
                      </span>
                    </div>
                    <div style={{ fontWeight: 500 }}>{each.title}</div>
                    <div className="second">{each.sense}</div>
                  </li>
                ))}
              </ul>
            )}
          </Card>
          <Card title="Actions" right={`${one.actions.length - waits.length} of ${one.actions.length} done`}>
            {one.actions.length === 0 ? (
              <p className="second">Nothing is left to do.</p>
            ) : (
              <ul style={list}>
                {one.actions.map((each) => (
                  <li key={each.action} style={{ display: "flex", gap: 10 }}>
                    <span style={{ paddingTop: 2 }}>
                      <VerdictGlyph mark={each.state === "done" ? (each.verdict ?? "pass") : (each.verdict ?? "waiting")} />
                    </span>
                    <div>
                      <span style={{ fontWeight: 500 }}>{each.title}</span>{" "}
                      <span className="muted">
                        {each.action}, {each.state}
                        {each.dueAt !== null && each.state === "open" && `, due ${day(each.dueAt)}`}
                      </span>
                      <div className="second">
                        <Linked text={each.detail} base={`/p/${project}`} />
                      </div>
                    </div>
                  </li>
                ))}
              </ul>
            )}
          </Card>
          <Card title="Alerts" right={one.alertList.length}>
            {one.alertList.length === 0 ? (
              <p className="second">
                No monitor alerted; {one.class === "release" ? "the guards of the release found it" : "it was opened by hand"}.
              </p>
            ) : (
              <ul style={list}>
                {one.alertList.map((each) => (
                  <li key={each.id} className="verdict" style={{ display: "flex" }}>
                    <VerdictGlyph mark={each.verdict} />
                    <span>
                      <To
                        className="inline-link"
                        href={monitorOf(each.id) === undefined ? null : `/p/${project}/monitors/${monitorOf(each.id)}`}
                      >
                        {each.id}
                      </To>{" "}
                      <span className="second">{each.title}</span>
                    </span>
                  </li>
                ))}
              </ul>
            )}
          </Card>
          <Card title="Clocks">
            {one.clocks.length === 0 ? (
              <p className="second">No statutory clock runs.</p>
            ) : (
              <ul style={list}>
                {one.clocks.map((each) => (
                  <li key={each.title} style={{ display: "flex", gap: 10 }}>
                    <VerdictGlyph mark={each.applies ? "warn" : "skipped"} />
                    <div>
                      {each.title}
                      <div className="second">
                        {each.applies && each.dueAt !== null ? `due ${day(each.dueAt)}, ` : ""}
                        {each.reason}
                      </div>
                    </div>
                  </li>
                ))}
              </ul>
            )}
          </Card>
        </div>
      </div>
    </>
  );
}

/** The side that fails: where the series was when the impact began. */
function sideOf(one: Incident, impact: NonNullable<Incident["impact"]>, bound: number): "above" | "below" {
  const began = one.timeline.find((event) => event.mark === "impact")?.at;
  const value = impact.points.find((point) => point.at === began)?.value ?? impact.points.find((point) => point.value !== null)?.value;
  return value !== null && value !== undefined && value < bound ? "below" : "above";
}

function Impact({ one, impact }: { one: Incident; impact: NonNullable<Incident["impact"]> }) {
  const log = impact.bound !== null && impact.bound > 0 && Math.max(...impact.points.map((point) => point.value ?? 0)) > 30 * impact.bound;
  const evidence = useMemo((): Evidence => {
    const x = impact.points.map((point) => Date.parse(point.at));
    const marks = new Map<number, string>();
    for (const event of one.timeline)
      if (event.mark !== null) marks.set(Date.parse(event.at), [marks.get(Date.parse(event.at)), event.mark].filter(Boolean).join(", "));
    const values = impact.points.map((point) => point.value);
    return {
      x,
      lines: [{ label: impact.label, values }],
      ...(impact.points.some((point) => point.low !== null) && {
        band: { label: "interval", low: impact.points.map((point) => point.low), high: impact.points.map((point) => point.high) },
      }),
      bounds:
        impact.bound === null
          ? []
          : [{ value: impact.bound, label: `bound ${number(impact.bound)}`, side: sideOf(one, impact, impact.bound) }],
      marks: [...marks].map(([at, label]) => ({ x: at, label })).filter((mark) => mark.x >= (x[0] ?? 0) && mark.x <= (x.at(-1) ?? 0)),
    };
  }, [one, impact]);
  return (
    <Card title={impact.label} note={log ? "log axis" : "what the incident did"}>
      {impact.points.length === 0 ? (
        <Empty title="Nothing to draw" />
      ) : (
        <EvidenceChart
          evidence={evidence}
          log={log}
          height={190}
          xText={(at) => {
            const span = (evidence.x.at(-1) ?? 0) - (evidence.x[0] ?? 0);
            const text = new Date(at).toISOString();
            return span > 2 * 86_400_000 ? day(text) : text.slice(11, 19);
          }}
          summary={`${impact.label}, with the marks of the incident`}
        />
      )}
    </Card>
  );
}
