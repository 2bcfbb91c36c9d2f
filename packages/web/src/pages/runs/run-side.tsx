import { Link } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";
import { CopyCommand } from "../../parts/copy-command.tsx";
import { count, Digest, To } from "../../parts/format.tsx";
import { nodeHref } from "../../parts/node.ts";
import type { Baseline } from "./baseline.ts";
import { changedFirst } from "./differences.ts";
import type { RunDetail } from "./run-detail.ts";
import { Seal } from "./seal.tsx";
import { RunTags } from "./run-tags.tsx";

const paramsAtFirst = 30;

const Part = ({ title, note, children }: { title: string; note?: ReactNode; children: ReactNode }) => (
  <section className="side-part">
    <h2>
      {title}
      {note !== undefined && <span className="muted">{note}</span>}
    </h2>
    {children}
  </section>
);
const Line = ({ name, children }: { name: ReactNode; children: ReactNode }) => (
  <div className="side-line">
    <dt>{name}</dt>
    <dd>{children}</dd>
  </div>
);

/** Whether files differed from the commit; a client that names a commit does not say. */
export const dirtyWord = ({ dirty, diffDigest }: RunDetail["environment"]): string =>
  dirty === null ? "changes not known" : !dirty ? "clean" : diffDigest === null ? "with changes" : "with changes, kept";

/** What decided the result, and the seal over all of it. */
export function RunSide({ project, run, baseline }: { project: string; run: RunDetail; baseline: Baseline | undefined }) {
  const base = `/p/${project}`;
  const [all, setAll] = useState(false);
  const params = changedFirst(run.params, baseline?.params);
  const changed = baseline ? params.filter((name) => run.params[name] !== baseline.params[name]).length : 0;
  const { environment } = run;
  const links = (some: RunDetail["inputs"]): ReactNode =>
    some.map((one) => (
      <Line
        key={one.name + one.node}
        name={<To href={nodeHref(base, one.node)}>{one.name.length > 34 ? `${one.name.slice(0, 33)}…` : one.name}</To>}
      >
        <Digest digest={one.digest} />
      </Line>
    ));
  return (
    <div className="card run-side">
      {params.length > 0 && (
        <Part
          title="Parameters"
          note={
            baseline ? (
              <>
                {count(changed)} of {count(params.length)} differ from{" "}
                <Link className="inline-link" to={`${base}/compare` as never} search={{ runs: `${baseline.id},${run.id}` } as never}>
                  the run before
                </Link>
              </>
            ) : (
              count(params.length)
            )
          }
        >
          <dl>
            {params.slice(0, all ? undefined : paramsAtFirst).map((name) => (
              <Line key={name} name={name}>
                <span className="value">{run.params[name]}</span>
                {baseline && run.params[name] !== baseline.params[name] && (
                  <span className="muted"> {baseline.params[name] === undefined ? "new" : `was ${baseline.params[name]}`}</span>
                )}
              </Line>
            ))}
          </dl>
          {!all && params.length > paramsAtFirst && (
            <button type="button" className="text-button" onClick={() => setAll(true)}>
              {count(params.length - paramsAtFirst)} more
            </button>
          )}
        </Part>
      )}
      {run.inputs.length > 0 && (
        <Part title="Inputs">
          <dl>{links(run.inputs)}</dl>
        </Part>
      )}
      {(environment.command !== null || environment.commit !== null) && (
        <Part title="Code and environment">
          <dl>
            {environment.commit !== null && (
              <Line name="commit">
                <code>{environment.commit.slice(0, 7)}</code> <span className="muted">{dirtyWord(environment)}</span>
              </Line>
            )}
            {environment.diffDigest !== null && (
              <Line name="changes">
                <Link to={`${base}/runs/${run.id}/code` as never}>show</Link> <Digest digest={environment.diffDigest} />
              </Line>
            )}
            {environment.command !== null && (
              <Line name="command">
                <code>{environment.command}</code>
              </Line>
            )}
            {environment.lockDigest !== null && (
              <Line name="lock file">
                <Digest digest={environment.lockDigest} />
              </Line>
            )}
            {environment.node !== null && (
              <Line name="environment">
                <Digest digest={environment.node} />
              </Line>
            )}
            {Object.entries(environment.more)
              .filter(([name]) => name === "interpreter" || name === "branch")
              .map(([name, value]) => (
                <Line key={name} name={name}>
                  {value}
                </Line>
              ))}
            {run.key !== null && (
              <Line name="step key">
                <Digest digest={run.key} />
              </Line>
            )}
          </dl>
        </Part>
      )}
      {run.outputs.length > 0 && (
        <Part title="Outputs">
          <dl>{links(run.outputs)}</dl>
        </Part>
      )}
      <Part title="Tags">
        <RunTags project={project} run={run} />
      </Part>
      <Seal project={project} run={run} />
      {run.kind === "step" && run.step !== null && (
        <section className="side-part">
          <CopyCommand command={`capstan why ${run.step}`} />
        </section>
      )}
    </div>
  );
}
