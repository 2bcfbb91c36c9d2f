import { useParams } from "@tanstack/react-router";
import { IconActivity, IconCertificate, IconDatabase, IconFlask2, IconListCheck, IconRocket, IconRoute, IconSignature } from "@tabler/icons-react";
import { type Output, useOperation } from "../../data/api.ts";
import { Ago, seconds, To } from "../../parts/format.tsx";
import { Answer, Card, PageHead } from "../../parts/layout.tsx";
import { VerdictGlyph } from "../../parts/verdict.tsx";

type Loop = Output<"insights.loop">;
const stations = [["data", "Data", IconDatabase], ["train", "Train", IconFlask2], ["check", "Check", IconListCheck], ["review", "Review", IconSignature], ["release", "Release", IconRocket], ["serve", "Serve", IconRoute], ["watch", "Watch", IconActivity], ["learn", "Learn", IconCertificate]] as const;

/** For every model: where it stands, and what needs someone. */
export function HomePage() {
  const { project } = useParams({ strict: false }) as { project?: string };
  const one = useOperation("insights.loop", { project: project ?? "" }, { enabled: project !== undefined });
  const all = useOperation("insights.loopAll", {}, { enabled: project === undefined });
  return <Answer query={project === undefined ? all : one}>{(loop) => <Board loop={loop} project={project} />}</Answer>;
}

function Board({ loop, project }: { loop: Loop; project: string | undefined }) {
  const needs = loop.attentionTotal === 0 ? "Nothing needs someone." : loop.attentionTotal === 1 ? "1 thing needs someone." : `${loop.attentionTotal} things need someone.`;
  return (
    <>
      <PageHead title="The loop">{loop.models.length === 0 ? "No model yet. " : `${loop.models.length} ${loop.models.length === 1 ? "model" : "models"} in ${project ?? "all projects"}. `}{loop.models.length > 0 && needs}</PageHead>
      {loop.models.length === 0 && loop.demo === null ? <FirstStart /> : null}
      {loop.models.length > 0 && (
        <section className="card" aria-label="Models on the loop">
          <div className="scroll" tabIndex={0} role="group" aria-label="Board">
            <div className="track">
              <div className="second">Model</div>
              {stations.map(([id, name, Icon]) => <div key={id} className="second" style={{ paddingLeft: 0, display: "flex", gap: 6, alignItems: "center" }}><Icon size={15} stroke={1.75} aria-hidden />{name}</div>)}
              <div className="second">Turns</div>
              {loop.models.map((model) => <Row key={`${model.project}/${model.model}`} model={model} />)}
            </div>
          </div>
        </section>
      )}
      <div className="grid two">
        <Card title="Needs attention" note="most urgent first" flush>
          {loop.attention.length === 0 ? <p style={{ padding: 14 }} className="second">Nothing needs someone.</p> : (
            <ul style={{ listStyle: "none", margin: 0, padding: 0 }}>
              {loop.attention.map((one, i) => (
                <li key={`${one.title} ${i}`} style={{ display: "flex", gap: 12, alignItems: "center", padding: "10px 14px", borderTop: i > 0 ? "1px solid var(--line)" : 0 }}>
                  <VerdictGlyph mark={one.mark} /><div style={{ minWidth: 0 }}><strong style={{ fontWeight: 600 }}>{one.title}</strong><div className="second">{one.detail}</div></div>
                  <span className="muted" style={{ marginLeft: "auto" }}><Ago time={one.at} /></span><To href={one.action.href} className="button">{one.action.label}</To>
                </li>
              ))}
            </ul>
          )}
        </Card>
        <Card title="Delivery" note={`${loop.deliveryDays} days, from the record`} flush>
          <div style={{ display: "grid", gridTemplateColumns: "1fr 1fr" }}>
            {loop.delivery.map((one) => <div key={one.id} style={{ padding: 14, borderTop: "1px solid var(--line)" }}><div className="muted">{one.label}</div><div style={{ fontSize: "1.0625rem", fontWeight: 600 }}>{one.value}</div><div className="muted" style={{ fontSize: "0.75rem" }}>{one.small}</div></div>)}
          </div>
        </Card>
      </div>
      {loop.demo && (
        <Card title="The guided loop" note="every figure was computed in this run" flush>
          <div className="scroll"><table>
            <thead><tr><th>#</th><th>Station</th><th>Figure</th><th className="num">Took</th><th>Digest</th></tr></thead>
            <tbody>
              {loop.demo.stations.map((one) => (
                <tr key={one.id}><td className="muted">{one.id}</td><td><span className="verdict"><VerdictGlyph mark={one.state === "done" ? "pass" : one.state === "failed" ? "fail" : one.state === "running" ? "running" : one.state === "reused" ? "reused" : "none"} />{one.title}</span></td><td>{one.figure}</td><td className="num">{one.seconds === null ? "" : seconds(one.seconds)}</td><td><code>{one.digest ?? ""}</code></td></tr>
              ))}
            </tbody>
          </table></div>
        </Card>
      )}
    </>
  );
}

function Row({ model }: { model: Loop["models"][number] }) {
  const reached = stations.findIndex(([id]) => id === model.pill.station);
  return (
    <>
      <div><To href={model.href}><strong style={{ color: "var(--ink)", fontWeight: 600 }}>{model.model}</strong></To><span className="small">{model.project}{model.level === null ? "" : ` · level ${model.level}`}</span></div>
      {stations.map(([id], i) => {
        const one = model.stations[id];
        return (
          <div key={id} className="station">
            <div className={i < reached ? "rail done" : "rail"}><VerdictGlyph mark={one.mark} />{model.pill.station === id && <span className="pill">{model.pill.label}</span>}</div>
            <To href={one.href} className="fact">{one.fact}</To><span className="small">{one.small}</span>
          </div>
        );
      })}
      <div className="second" style={{ alignSelf: "center" }}>{model.turns}</div>
    </>
  );
}

const FirstStart = () => (
  <Card title="Three ways to begin">
    <div className="grid" style={{ gridTemplateColumns: "repeat(auto-fit, minmax(240px, 1fr))" }}>
      <div><h2>Run the example</h2><p className="second">Three million real flights through the whole loop, about two minutes.</p><code className="digest">npm start</code></div>
      <div><h2>Log from Python</h2><p className="second">Any MLflow client works; set one variable and run what you have.</p><code className="digest">{`MLFLOW_TRACKING_URI=${location.origin}`}</code></div>
      <div><h2>Run your pipeline</h2><p className="second">A capstan.yaml beside your code says what the steps are.</p><code className="digest">capstan run</code></div>
    </div>
  </Card>
);
