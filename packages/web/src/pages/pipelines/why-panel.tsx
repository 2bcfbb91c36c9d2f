import { type Output, useOperation } from "../../data/api.ts";
import { bytes, Digest, number, seconds, To } from "../../parts/format.tsx";
import { CopyCommand } from "../../parts/copy-command.tsx";
import { Answer, Card } from "../../parts/layout.tsx";
import { VerdictBadge, VerdictGlyph } from "../../parts/verdict.tsx";
import { type PipelineRun, stepMark, type StepRun, stepWord } from "./states.ts";

type Why = Output<"pipeline.why">;
type Reason = Why["reasons"][number];

/** Why a step of a run ran or did not, down to the root cause, and what was the same. */
export function WhyPanel({
  project,
  run,
  step,
  before,
}: {
  project: string;
  run: PipelineRun;
  step: StepRun;
  before: PipelineRun["run"] | null;
}) {
  const query = useOperation("pipeline.why", { project, step: `run:${run.number}/${step.step}` });
  return (
    <div className="grid">
      <Card
        title={<span aria-live="polite">{step.step}</span>}
        note={<VerdictBadge mark={stepMark(step.state)} text={stepWord(step.state)} />}
        right={step.run && <To href={`/p/${project}/runs/${step.run}`}>open run</To>}
      >
        <div style={{ display: "grid", gap: 12 }}>
          <p className="second">
            {step.state === "reused"
              ? `Nothing executed${step.reusedFrom ? `; the result of run ${step.reusedFrom.number} stands` : ""}.`
              : `Attempt ${step.attempt}, ${seconds(step.seconds)}${step.peakBytes === null ? "" : `, peak ${bytes(step.peakBytes)}`}${step.cpuSeconds === null ? "" : `, ${seconds(step.cpuSeconds)} CPU`}.`}
          </p>
          {step.error && (
            <div className="failure">
              <strong>{step.error.message}</strong>
              <span className="muted mono">{step.error.code}</span>
            </div>
          )}
          {step.note && <p>{step.note}</p>}
          <Answer query={query}>{(why) => <Told why={why} />}</Answer>
          {before !== null && (
            <p>
              <To href={`/p/${project}/compare?runs=${before},${run.run}`}>Compare with the run before</To>
            </p>
          )}
          <CopyCommand command={`capstan why run:${run.number}/${step.step}`} />
        </div>
      </Card>
      {step.outputs.length > 0 && (
        <Card title="Outputs" note={`${step.outputs.length}`}>
          <ul style={{ listStyle: "none", margin: 0, padding: 0, display: "grid", gap: 7 }}>
            {step.outputs.map((out) => (
              <li key={out.path} style={{ display: "flex", gap: 10 }}>
                <span title={out.path}>{out.name}</span>
                <span className="muted" style={{ marginLeft: "auto" }}>
                  {bytes(out.sizeBytes)}
                </span>
                <Digest digest={out.digest} />
              </li>
            ))}
            {Object.entries(step.metrics).map(([key, value]) => (
              <li key={key} style={{ display: "flex" }}>
                <span className="second">{key}</span>
                <strong style={{ marginLeft: "auto" }}>{number(value)}</strong>
              </li>
            ))}
          </ul>
        </Card>
      )}
    </div>
  );
}

function Told({ why }: { why: Why }) {
  const same = [...Map.groupBy(why.same, (one) => one.kind)];
  return (
    <>
      <div className="verdict" style={{ alignItems: "flex-start" }}>
        <VerdictGlyph mark={why.state ? stepMark(why.state) : "none"} label={false} />
        <div>
          <strong>{why.sentence}</strong>
          <div className="second">
            {why.decision === "reuse"
              ? "Everything that decides its result is as it was."
              : same.length > 0
                ? "Everything else that decides its result is the same."
                : ""}
          </div>
        </div>
      </div>
      <Tree reasons={why.reasons} />
      {same.length > 0 && (
        <details open={why.reasons.length === 0}>
          <summary className="second">The same: {same.map(([kind, all]) => `${all.length} ${kind}`).join(", ")}</summary>
          <table style={{ marginTop: 6 }}>
            <thead>
              <tr>
                <th scope="col">Kind</th>
                <th scope="col">What</th>
                <th scope="col" className="num">
                  Value
                </th>
              </tr>
            </thead>
            <tbody>
              {why.same.map((one) => (
                <tr key={`${one.kind} ${one.name}`}>
                  <td className="muted">
                    <span aria-hidden>= </span>
                    {one.kind}
                  </td>
                  <td style={{ overflowWrap: "anywhere" }}>{one.name}</td>
                  <td className="num">
                    <code>{one.value}</code>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </details>
      )}
      <div style={{ display: "flex", gap: 8 }}>
        <span className="second">step key</span>
        <Digest digest={why.stepKey} />
      </div>
    </>
  );
}

const Tree = ({ reasons }: { reasons: readonly Reason[] }) =>
  reasons.length === 0 ? null : (
    <ul style={{ listStyle: "none", margin: 0, padding: "0 0 0 12px", borderLeft: "2px solid var(--accent)", display: "grid", gap: 10 }}>
      {reasons.map((reason, i) => (
        <li
          key={`${reason.kind} ${reason.name} ${i}`}
          style={reason.root ? { background: "var(--accent-soft)", borderRadius: 6, padding: "8px 10px" } : {}}
        >
          <div>
            {reason.root && <strong style={{ color: "var(--accent-ink)" }}>root cause </strong>}
            <strong>{reason.kind}</strong> {reason.name}
          </div>
          {(reason.old !== null || reason.new !== null) && (
            <div>
              <code className="digest">{reason.old ?? "none"}</code> <span aria-label="became">→</span>{" "}
              <code className="digest">{reason.new ?? "none"}</code>
            </div>
          )}
          {reason.old === null && reason.new === null && reason.text !== "" && <div className="second">{reason.text}</div>}
          {reason.origin && <div className="muted">from {reason.origin}</div>}
          {reason.because.length > 0 && (
            <div style={{ marginTop: 8 }}>
              <Tree reasons={reason.because} />
            </div>
          )}
        </li>
      ))}
    </ul>
  );
