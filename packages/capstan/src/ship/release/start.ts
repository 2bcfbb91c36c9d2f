import { goesForward } from "@capstan/contract";
import type { Caller } from "../../base/foundation/caller.ts";
import { type ModelVersion, versionName, versionNode } from "../../build/registry/model.ts";
import { armOf } from "../serving/rules.ts";
import { type GateAnswer, type Plan, type Release, releaseName, releaseNode, type Stage } from "./model.ts";
import type { MovingDeps } from "./moving-release.ts";
import { stagesOf } from "./rules.ts";
import { insertRelease, insertTransition } from "./store.ts";

export type StartRequest = {
  readonly project: string;
  readonly route: string;
  readonly model: string;
  /** Any reference that the registry understands. */
  readonly ref: string;
  readonly plan: Plan;
  /** Goes on although the gate or an earlier rollback says no; wants a reason. */
  readonly override: boolean;
  readonly reason?: string;
  /** Entry that led to it. */
  readonly because?: string;
};

type Given = {
  readonly number: number;
  readonly version: ModelVersion;
  readonly from: number | null;
  readonly answer: GateAnswer;
  /** Entry that led to it. */
  readonly because: string | null;
  readonly nowMs: number;
  readonly entryId: string;
};

/** A release at its beginning; one that the gate does not let pass, and nobody overrides, is failed from the start. */
export function draftOf(request: StartRequest, { number, version, from, answer, because, nowMs, entryId }: Given): Release {
  const passes = goesForward(answer.verdict) || request.override;
  return {
    project: request.project,
    number,
    route: request.route,
    model: version.model,
    from,
    to: version.number,
    bundle: version.bundle,
    plan: request.plan,
    state: passes ? "draft" : "failed",
    pausedFrom: null,
    rev: 1,
    verdict: passes ? null : answer.verdict,
    override: request.override ? (request.reason ?? null) : null,
    gate: { verdict: answer.verdict, dossier: answer.dossierDigest, results: answer.results },
    stages: gateStages(stagesOf(request.plan, from !== null), answer, request, passes, nowMs),
    because: gateSentence(answer, request),
    becauseEntry: because,
    epoch: null,
    evidenceDigest: null,
    tookMs: null,
    incident: null,
    candidate: armOf(version, "canary", 0, nowMs),
    startedMs: nowMs,
    endedMs: passes ? null : nowMs,
    entryId,
  };
}

/** The release, its first transition, its lineage and its entry, in one change. */
export async function commitStart(
  store: MovingDeps["store"],
  release: Release,
  answer: GateAnswer,
  request: StartRequest,
  caller: Caller,
): Promise<void> {
  const name = releaseName(release.number);
  const dossier =
    answer.dossierDigest === null
      ? []
      : [{ from: releaseNode(release.number), to: `blob:${answer.dossierDigest}`, relation: "admitted by" }];
  await store.recorder.commit(
    [
      ...insertRelease(release),
      ...insertTransition(release, {
        rev: 1,
        from: "draft",
        to: release.state,
        atMs: release.startedMs,
        because: release.because,
        epoch: null,
        entryId: release.entryId,
      }),
      ...store.recorder.lineage(
        [
          {
            id: releaseNode(release.number),
            kind: "release",
            title: `${name} ${release.route} to ${versionName(release.to)}`,
            digest: release.bundle,
            facts: { route: release.route, strategy: release.plan.strategy },
          },
        ],
        [{ from: releaseNode(release.number), to: versionNode(release.model, release.to), relation: "releases" }, ...dossier],
        release.project,
      ),
    ],
    [
      {
        id: release.entryId,
        action: release.state === "failed" ? "release.refused" : "release.started",
        subject: { type: "release", id: name, digest: release.bundle },
        project: release.project,
        actor: caller.actor,
        outcome: answer.verdict,
        ...(release.becauseEntry !== null && { because: release.becauseEntry }),
        ...(answer.policy !== undefined && { policy: answer.policy }),
        payload: {
          route: release.route,
          model: release.model,
          from: release.from === null ? "nothing" : versionName(release.from),
          to: versionName(release.to),
          gate: answer.verdict,
          dossier: answer.dossierDigest,
          override: release.override ?? undefined,
          reason: request.reason,
          because: release.because,
          plan: {
            strategy: release.plan.strategy,
            shadow: release.plan.shadow,
            steps: release.plan.steps,
            eachMs: release.plan.eachMs,
            eachRows: release.plan.eachRows,
            guard: { ...release.plan.guard },
          },
        },
      },
    ],
  );
  store.events.emit("changed", { project: release.project, kind: "release", id: name });
}

const gateSentence = (answer: GateAnswer, request: StartRequest): string => {
  const open = answer.results.filter((one) => !goesForward(one.verdict)).map((one) => one.id);
  if (goesForward(answer.verdict)) return `the gate says ${answer.verdict}`;
  return `the gate says ${answer.verdict}${open.length > 0 ? `: ${open.join(", ")}` : ""}${request.override ? `; goes on by override: ${request.reason ?? ""}` : ""}`;
};

function gateStages(stages: readonly Stage[], answer: GateAnswer, request: StartRequest, passes: boolean, nowMs: number): Stage[] {
  return stages.map((stage): Stage =>
    stage.kind === "gate"
      ? {
          ...stage,
          state: passes ? "running" : "done",
          verdict: answer.verdict,
          startedMs: nowMs,
          endedMs: passes ? null : nowMs,
          because: gateSentence(answer, request),
        }
      : stage,
  );
}
