import { Link } from "@tanstack/react-router";
import { IconShieldCheck } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { CopyCommand } from "../../parts/copy-command.tsx";
import { bytes, count, Digest, To } from "../../parts/format.tsx";
import { nodeHref } from "../../parts/node.ts";
import { client } from "../../data/api.ts";
import { VerdictBadge } from "../../parts/verdict.tsx";
import { useMutation } from "@tanstack/react-query";
import type { RunDetail } from "./run-page.tsx";
import { RunTags } from "./run-tags.tsx";

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

/** What decided the result, and the seal over all of it. */
export function RunSide({ project, run }: { project: string; run: RunDetail }) {
  const base = `/p/${project}`;
  const params = Object.entries(run.params);
  const { environment } = run;
  const links = (all: RunDetail["inputs"]): ReactNode =>
    all.map((one) => (
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
        <Part title="Parameters" note={params.length}>
          <dl>
            {params.map(([name, value]) => (
              <Line key={name} name={name}>
                <span className="value">{value}</span>
              </Line>
            ))}
          </dl>
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
                <code>{environment.commit.slice(0, 7)}</code>{" "}
                <span className="muted">{environment.dirty ? "with changes, kept" : "clean"}</span>
              </Line>
            )}
            {environment.diffDigest !== null && (
              <Line name="changes">
                <Digest digest={environment.diffDigest} />
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
      <Seal project={project} run={run} base={base} />
    </div>
  );
}

function Seal({ project, run, base }: { project: string; run: RunDetail; base: string }) {
  const verify = useMutation({ mutationFn: () => client.call("runs.verify", { project, run: run.id }) });
  if (run.sealed === null)
    return (
      <Part title="Not sealed yet">
        <p className="second">The seal is made when the run ends.</p>
      </Part>
    );
  return (
    <section className="side-part">
      <h2>
        <IconShieldCheck size={16} stroke={1.75} aria-hidden className="fine" />
        Sealed
        <Link to={`${base}/record/${run.sealed.entry}` as never} className="line entry">
          its entry
        </Link>
      </h2>
      <p className="second">
        {count(run.sealed.points)} metric points and {count(run.sealed.artifacts)} {run.sealed.artifacts === 1 ? "file" : "files"}
        {run.artifacts.sizeBytes > 0 && ` (${bytes(run.artifacts.sizeBytes)})`} are covered by one digest.{" "}
        <Digest digest={run.sealed.digest} />
      </p>
      <div className="seal-acts">
        <button type="button" className="button" aria-disabled={verify.isPending} onClick={() => verify.mutate()}>
          Verify now
        </button>
        {verify.data && (
          <VerdictBadge
            mark={verify.data.verdict}
            text={verify.data.verdict === "pass" ? "holds: computed again" : (verify.data.problems[0] ?? verify.data.verdict)}
          />
        )}
      </div>
      {run.kind === "step" && <CopyCommand command={`capstan why ${run.step ?? ""}`} />}
    </section>
  );
}
