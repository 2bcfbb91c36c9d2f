import type { OutputOf } from "@capstan/contract";
import type { insightsOperations } from "@capstan/contract/operations/insights";
import type { Entry } from "../../base/record/model.ts";
import type { RecordService } from "../../base/record/service.ts";
import { sentenceOf } from "../../base/record/sentence.ts";
import { type RegistryService, versionNode } from "../../build/registry/model.ts";
import type { TrackingService } from "../../build/tracking/service.ts";
import type { ReleaseService } from "../../ship/release/service.ts";
import { releaseName } from "../../ship/release/model.ts";

export type Path = OutputOf<(typeof insightsOperations)["insights.path"]>;
export type PathDeps = { record: RecordService; registry: RegistryService; tracking: TrackingService; releases: ReleaseService };

/** Acts that a person does on the way; everything else a person's name stands on (a run's end) only follows from one. */
const hands = new Set(["data.version.added", "pipeline.started", "model.version.registered", "dossier.made", "dossier.approved", "dossier.declined", "release.started", "release.rolled_back"]);
/** What a pipeline registers belongs to the run that made it: the hand was on the run. */
const followsRun = new Set(["model.version.registered"]);

/** The chain from data to live, in order of time, with the human hands on it: entries about the data, the run, the version, its dossiers, its release, and what led to them. */
export async function pathOf(deps: PathDeps, project: string, model: string, ref: string): Promise<Path> {
  const { record, registry } = deps;
  const version = await registry.get(project, model, ref);
  const node = versionNode(model, version.number);
  const wanted = new Map<string, Entry>();
  const add = (entries: Iterable<Entry | undefined>): void => {
    for (const entry of entries) if (entry) wanted.set(entry.id, entry);
  };
  const about = async (subject: string): Promise<Entry[]> => record.list({ project, subject }, { limit: 50 });

  const { nodes } = await record.closure(project, node, "up");
  for (const one of nodes) if (one.kind === "data") add((await about(one.id)).filter((entry) => entry.action === "data.version.added"));
  add([await record.find(version.entryId)]);
  const run = version.runId === null ? undefined : await deps.tracking.findRun(version.runId);
  const pipelineRun = run?.parentId ?? null;
  if (pipelineRun !== null) add((await about(`run:${pipelineRun}`)).filter((entry) => entry.action === "run.ended"));
  add((await about(`dossier:${node.slice("model:".length)}`)).filter((entry) => entry.action.startsWith("dossier.")));
  for (const release of await deps.releases.list(project, { limit: 1000 })) {
    if (release.model !== model || release.to !== version.number) continue;
    add((await about(`release:${releaseName(release.number)}`)).filter((entry) => entry.action.startsWith("release.")));
  }
  for (const entry of [...wanted.values()]) for (const id of await record.becauseOf(entry.because)) add([await record.find(id)]);

  const ordered = [...wanted.values()].sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : (a.index ?? 0) - (b.index ?? 0)));
  const steps = ordered.map((entry, i) => {
    const before = ordered[i - 1];
    const byRun = followsRun.has(entry.action) && version.runId !== null;
    return {
      at: entry.at, kind: entry.subject.type, title: sentenceOf(entry), detail: entry.outcome ?? "", href: `/p/${project}/record/${entry.index ?? entry.id}`, entry: entry.index,
      hand: entry.actor.kind === "person" && !byRun && (hands.has(entry.action) || (entry.action === "run.ended" && entry.subject.id === pipelineRun)),
      actor: entry.actor.name, waitedSeconds: before ? Math.max(0, (Date.parse(entry.at) - Date.parse(before.at)) / 1000) : 0,
    };
  });
  const [first, last] = [ordered[0], ordered.at(-1)];
  return { steps, hands: steps.filter((step) => step.hand).length, seconds: first && last ? (Date.parse(last.at) - Date.parse(first.at)) / 1000 : 0 };
}
