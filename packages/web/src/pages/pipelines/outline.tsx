import { seconds, To } from "../../parts/format.tsx";
import { Card } from "../../parts/layout.tsx";
import { VerdictGlyph } from "../../parts/verdict.tsx";
import { type PipelineRun, stepMark, stepWord } from "./states.ts";

/** The graph as a table, with the time each step took on the clock of the run. */
export function Outline({
  project,
  run,
  chosen,
  choose,
  needs,
}: {
  project: string;
  run: PipelineRun;
  chosen: string | null;
  choose: (step: string) => void;
  needs: ReadonlyMap<string, readonly string[]>;
}) {
  const begin = Date.parse(run.started);
  const whole = Math.max(1, (run.ended ? Date.parse(run.ended) : Date.now()) - begin);
  return (
    <Card title="Steps" note={`run ${run.number}, ${seconds(run.seconds)} on the clock`} flush>
      <div className="scroll" tabIndex={0} role="group" aria-label="Table of steps">
        <table>
          <thead>
            <tr>
              <th scope="col">Step</th>
              <th scope="col">State</th>
              <th scope="col">Needs</th>
              <th scope="col">Why</th>
              <th scope="col" className="num">
                Took
              </th>
              <th scope="col" style={{ width: "26%" }}>
                When
              </th>
            </tr>
          </thead>
          <tbody>
            {run.steps.map((step) => {
              const from = step.started ? (Date.parse(step.started) - begin) / whole : null;
              const to = step.ended ? (Date.parse(step.ended) - begin) / whole : 1;
              const first = step.reasons[0];
              return (
                <tr key={step.step} className={chosen === step.step ? "selected" : ""}>
                  <th scope="row">
                    <button
                      type="button"
                      aria-pressed={chosen === step.step}
                      onClick={() => choose(step.step)}
                      style={{ color: "var(--accent-ink)" }}
                    >
                      {step.step}
                    </button>
                  </th>
                  <td>
                    <span className="verdict" style={{ whiteSpace: "nowrap" }}>
                      <VerdictGlyph mark={stepMark(step.state)} label={false} />
                      {step.run ? <To href={`/p/${project}/runs/${step.run}`}>{stepWord(step.state)}</To> : stepWord(step.state)}
                      {step.reusedFrom && <span className="muted">from run {step.reusedFrom.number}</span>}
                    </span>
                  </td>
                  <td className="second">{needs.get(step.step)?.join(", ") ?? ""}</td>
                  <td className="second">
                    {first
                      ? `${first.text}${step.reasons.length > 1 ? `, ${step.reasons.length - 1} more` : ""}`
                      : step.state === "reused"
                        ? "nothing changed"
                        : ""}
                  </td>
                  <td className="num" style={{ whiteSpace: "nowrap" }}>
                    {step.state === "reused" ? "–" : seconds(step.seconds)}
                  </td>
                  <td>
                    <svg width="100%" height="10" aria-hidden="true">
                      <rect width="100%" height="10" rx="3" fill="var(--sunken)" />
                      {from !== null && step.state !== "reused" && (
                        <rect
                          x={`${(from * 100).toFixed(2)}%`}
                          width={`${Math.max(0.8, (to - from) * 100).toFixed(2)}%`}
                          height="10"
                          rx="3"
                          fill={
                            step.state === "failed" ? "var(--fail-glyph)" : step.state === "running" ? "var(--accent)" : "var(--pass-glyph)"
                          }
                        />
                      )}
                    </svg>
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
    </Card>
  );
}
