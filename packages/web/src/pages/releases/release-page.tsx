import { useParams } from "@tanstack/react-router";
import { client, type Output, useOperation } from "../../data/api.ts";
import { seconds, To } from "../../parts/format.tsx";
import { Guarded } from "../../parts/guarded.tsx";
import { Answer, Card, PageHead } from "../../parts/layout.tsx";
import { VerdictBadge } from "../../parts/verdict.tsx";
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
              Advance
            </Guarded>
            <Guarded
              capability="rollback"
              closed={closed}
              className="button danger"
              act={() => client.call("routes.rollback", { project, route: one.route })}
            >
              Roll back{target !== null && closed === null ? ` to ${target}` : ""}
            </Guarded>
          </>
        }
      >
        {one.because}. {one.override !== null && <>Against the gate, because: {one.override} </>}
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
        </div>
        <div className="grid" style={{ alignContent: "start" }}>
          <Guards one={one} />
          <Arms one={one} />
        </div>
      </div>
      <Transitions project={project} one={one} />
      <div className="grid halves">
        <Back one={one} />
        {one.shadow === null ? (
          <Card title="Shadow">
            <p className="second">This release had no shadow stage.</p>
          </Card>
        ) : (
          <ShadowCard shadow={one.shadow} />
        )}
      </div>
    </>
  );
}
