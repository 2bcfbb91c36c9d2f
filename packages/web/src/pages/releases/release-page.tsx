import { useParams } from "@tanstack/react-router";
import { client, type Output, useOperation } from "../../data/api.ts";
import { seconds, To } from "../../parts/format.tsx";
import { Guarded } from "../../parts/guarded.tsx";
import { Linked } from "../../parts/linked.tsx";
import { Answer, Card, PageHead } from "../../parts/layout.tsx";
import { VerdictBadge } from "../../parts/verdict.tsx";
import { RolledBack } from "../../parts/rolled-back.tsx";
import { StartRelease } from "./start-sheet.tsx";
import { Arms, Back, ShadowCard } from "./arms.tsx";
import { EValueCard, ScoreCard } from "./evidence.tsx";
import { Guards } from "./guards.tsx";
import { markOf, moving, stateText } from "./state.ts";
import { Steps } from "./steps.tsx";
import { Transitions } from "./transitions.tsx";

export type Release = Output<"releases.get">;

/** Is the new version hurting anyone, what happens next, and how is it stopped. */
export function ReleasePage() {
  const { project = "", release = "" } = useParams({ strict: false }) as { project?: string; release?: string };
  const query = useOperation("releases.get", { project, release }, { everyMs: 5_000 });
  return <Answer query={query}>{(one) => <Page project={project} one={one} />}</Answer>;
}

function Page({ project, one }: { project: string; one: Release }) {
  const route = useOperation("routes.get", { project, route: one.route });
  const now = moving(one.state);
  const isLive = one.state === "live" && route.data?.live === one.to;
  const target = one.back.version;
  const closed = now
    ? one.actions.stop
    : isLive && target !== null
      ? null
      : target === null
        ? "there is nothing to go back to"
        : `${one.release} is ${stateText(one.state)}; ${one.route} serves ${route.data?.live ?? "another version"}`;
  const input = { project, release: one.release };
  return (
    <>
      <PageHead
        title={
          <>
            {one.release}{" "}
            <span style={{ fontWeight: 400 }}>
              {one.model} {one.from ?? "nothing"} → {one.to}
            </span>
          </>
        }
        tags={
          <>
            <VerdictBadge mark={markOf(one)} text={stateText(one.state)} />
            {one.epoch !== null && <span className="tag">epoch {one.epoch}</span>}
            {one.override !== null && <span className="tag">override</span>}
          </>
        }
        acts={
          <>
            <Guarded capability="release" closed={one.actions.pause} act={() => client.call("releases.pause", input)}>
              Pause
            </Guarded>
            <Guarded capability="release" closed={one.actions.advance} act={() => client.call("releases.advance", input)}>
              {one.state === "paused" ? "Go on" : "Advance"}
            </Guarded>
            {now && (
              <Guarded capability="stop" closed={one.actions.stop} act={() => client.call("releases.stop", input)}>
                Stop
              </Guarded>
            )}
            {!now && one.state !== "live" && route.data?.live !== one.to && (
              <StartRelease project={project} model={one.model} version={one.to} />
            )}
            <Guarded
              capability="rollback"
              closed={closed}
              className="button danger"
              act={() => client.call("routes.rollback", { project, route: one.route })}
              said={(done) => <RolledBack project={project} model={one.model} done={done} />}
            >
              Roll back{target !== null && closed === null ? ` to ${target}` : ""}
            </Guarded>
          </>
        }
      >
        Moves route <To href={`/p/${project}/routes/${one.route}`}>{one.route}</To>
        {one.from !== null && (
          <>
            {" "}
            from <To href={`/p/${project}/models/${one.model}/${one.from}`}>{one.from}</To>
          </>
        )}{" "}
        to <To href={`/p/${project}/models/${one.model}/${one.to}`}>{one.to}</To>. <Linked text={one.because} base={`/p/${project}`} />.{" "}
        {now && one.actions.advance !== null && <>Advance: {one.actions.advance}. </>}
        {one.override !== null && <>Against the gate, because: {one.override}. </>}
        {one.state === "rolled_back" && one.back.took !== null && (
          <>
            {one.back.version} was back after {one.back.took < 0.001 ? "less than 1 ms" : seconds(one.back.took)}.{" "}
          </>
        )}
        {one.incident !== null && <To href={`/p/${project}/incidents/${one.incident}`}>{one.incident}</To>}
      </PageHead>
      <Steps stages={one.stages} gate={one.gate?.verdict ?? null} />
      <div className="grid two">
        <div className="grid" style={{ alignContent: "start" }}>
          <EValueCard one={one} />
          <ScoreCard one={one} />
          <Transitions project={project} one={one} />
        </div>
        <div className="grid" style={{ alignContent: "start" }}>
          <Guards one={one} />
          <Arms one={one} base={`/p/${project}/models/${one.model}`} />
          <Back one={one} base={`/p/${project}/models/${one.model}`} />
          {one.shadow === null ? (
            <Card title="Shadow">
              <p className="second">
                {one.stages.some((stage) => stage.kind === "shadow") ? "No row was answered beside." : "This release had no shadow stage."}
              </p>
            </Card>
          ) : (
            <ShadowCard shadow={one.shadow} />
          )}
        </div>
      </div>
    </>
  );
}
