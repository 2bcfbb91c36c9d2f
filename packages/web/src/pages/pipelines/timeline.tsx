import { useOperation } from "../../data/api.ts";
import { Ago, seconds, To } from "../../parts/format.tsx";
import { Card } from "../../parts/layout.tsx";
import { VerdictGlyph } from "../../parts/verdict.tsx";
import { markOf } from "../runs/status.ts";
import { type PipelineRun, stepMark, stepWord } from "./states.ts";
import { criticalPath, readyAt, ticksOf, type Timed } from "./timeline-rules.ts";
import "./timeline.css";

const historyAtMost = 40;
const share = (part: number, whole: number): string => `${((100 * part) / whole).toFixed(2)}%`;

/** The steps of a run on its clock: when each could begin, when it ran, and which of them made the run as long as it was. */
export function Timeline({
  run,
  chosen,
  choose,
  needs,
}: {
  run: PipelineRun;
  chosen: string | null;
  choose: (step: string) => void;
  needs: ReadonlyMap<string, readonly string[]>;
}) {
  const begin = Date.parse(run.started);
  const now = run.ended === null ? Date.now() : Date.parse(run.ended);
  const whole = Math.max(0.001, (now - begin) / 1000);
  const on = (time: string | null): number | null => (time === null ? null : (Date.parse(time) - begin) / 1000);
  const timed = run.steps.map((step): Timed => ({
    step: step.step,
    from: step.state === "reused" ? null : on(step.started),
    to: step.state === "reused" ? null : step.ended === null && step.started !== null ? whole : on(step.ended),
    needs: needs.get(step.step) ?? [],
  }));
  const all = new Map(timed.map((one) => [one.step, one]));
  const critical = criticalPath(timed);
  return (
    <Card
      title={`Run ${run.number}`}
      note={`wall time, ${seconds(run.seconds)}${run.ended === null ? " so far" : ""}; outlined: what made it this long`}
      flush
    >
      <div className="scroll" tabIndex={0} role="group" aria-label="Timeline of steps">
        <table className="timeline">
          <thead>
            <tr>
              <th scope="col">Step</th>
              <th scope="col" className="span">
                <span className="times">
                  {ticksOf(whole).map((tick) => (
                    <span key={tick} style={{ left: share(tick, whole) }}>
                      {tick === 0 ? "0" : seconds(tick)}
                    </span>
                  ))}
                </span>
              </th>
              <th scope="col" className="num">
                Waited
              </th>
              <th scope="col" className="num">
                Ran
              </th>
            </tr>
          </thead>
          <tbody>
            {run.steps.map((step, i) => {
              const one = timed[i];
              const ready = one ? readyAt(one, all) : 0;
              const [from, to] = [one?.from ?? null, one?.to ?? null];
              const waited = from === null ? null : Math.max(0, from - ready);
              return (
                <tr key={step.step} className={chosen === step.step ? "selected" : ""}>
                  <th scope="row">
                    <span className="verdict">
                      <VerdictGlyph mark={stepMark(step.state)} label={false} />
                      <button type="button" aria-pressed={chosen === step.step} onClick={() => choose(step.step)}>
                        {step.step}
                      </button>
                    </span>
                  </th>
                  <td className="span" onClick={() => choose(step.step)}>
                    <span className="clock">
                      {from !== null && waited !== null && waited > 0 && (
                        <i className="waited" style={{ left: share(from - waited, whole), width: share(waited, whole) }} />
                      )}
                      {from !== null && to !== null && (
                        <i
                          className={`ran ${step.state}${critical.has(step.step) ? " critical" : ""}`}
                          style={{ left: share(from, whole), width: share(Math.max(to - from, whole / 250), whole) }}
                        />
                      )}
                      {from === null && <span className="muted">{stepWord(step.state).toLowerCase()}</span>}
                    </span>
                  </td>
                  <td className="num second">{waited === null ? "–" : seconds(waited)}</td>
                  <td className="num">{from === null || to === null ? "–" : seconds(to - from)}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
    </Card>
  );
}

/** The last runs of one step, each as high as it took long, oldest first. */
export function StepHistory({ project, step }: { project: string; step: string }) {
  const query = useOperation("runs.list", { project, kind: "step", step, limit: historyAtMost });
  const runs = (query.data?.runs ?? []).toReversed();
  if (runs.length === 0) return null;
  const longest = Math.max(0.001, ...runs.map((one) => one.seconds ?? 0));
  const sorted = runs.map((one) => one.seconds ?? 0).toSorted((a, b) => a - b);
  const usual = sorted[Math.floor(sorted.length / 2)] ?? 0;
  return (
    <Card
      title={`Runs of ${step}`}
      note={`${runs.length === query.data?.total ? "all" : "the last"} ${runs.length}, oldest first; usually ${seconds(usual)}, at most ${seconds(longest)}`}
    >
      <ol className="step-history">
        {runs.map((one) => (
          <li key={one.id}>
            <To href={`/p/${project}/runs/${one.id}`}>
              <span className="column">
                <i className={markOf(one)} style={{ height: share(Math.max(one.seconds ?? 0, longest / 50), longest) }} />
              </span>
              <VerdictGlyph mark={markOf(one)} size={12} />
              <span>{seconds(one.seconds)}</span>
              <span className="muted">
                <Ago time={one.started} />
              </span>
            </To>
          </li>
        ))}
      </ol>
    </Card>
  );
}
