import type { OutputOf } from "@capstan/contract";
import type { insightsOperations } from "@capstan/contract/operations/insights";
import type { Entry } from "../../base/record/model.ts";
import type { RecordService } from "../../base/record/service.ts";
import { sentenceOf } from "../../base/record/sentence.ts";
import { type RegistryService, versionId, versionNode } from "../../build/registry/model.ts";
import type { TrackingService } from "../../build/tracking/service.ts";
import { releaseName } from "../../ship/release/model.ts";
import type { ReleaseService } from "../../ship/release/service.ts";
import { handsOn } from "./hands.ts";

export type Path = OutputOf<(typeof insightsOperations)["insights.path"]>;
export type PathDeps = {
  record: RecordService;
  registry: RegistryService;
  tracking: Pick<TrackingService, "findRun">;
  releases: Pick<ReleaseService, "list">;
};

/** The chain from data to live, in order of time, with the human hands on it: entries about the data, the run, the version, its dossiers, its releases, and what led to them. */
export async function pathOf(deps: PathDeps, project: string, model: string, ref: string): Promise<Path> {
  const { record, registry } = deps;
  const version = await registry.get(project, model, ref);
  const wanted = new Map<string, Entry>();
  const add = (entries: Iterable<Entry | undefined>): void => {
    for (const entry of entries) if (entry) wanted.set(entry.id, entry);
  };
  const about = async (subject: string, kept: (action: string) => boolean): Promise<void> =>
    add((await record.list({ project, subject }, { limit: 50 })).filter((entry) => kept(entry.action)));

  const { nodes } = await record.closure(project, versionNode(model, version.number), "up");
  for (const one of nodes) if (one.kind === "data") await about(one.id, (action) => action === "data.version.added");
  const registered = await record.find(version.entryId);
  add([registered]);
  const run = version.runId === null ? undefined : await deps.tracking.findRun(version.runId);
  const outer = run?.parentId ?? run?.id ?? null;
  if (outer !== null) await about(`run:${outer}`, (action) => action === "run.ended");
  await about(`dossier:${versionId(model, version.number)}`, (action) => action.startsWith("dossier."));
  for (const release of await deps.releases.list(project, { limit: 1000 })) {
    if (release.model === model && release.to === version.number)
      await about(`release:${releaseName(release.number)}`, (action) => action.startsWith("release."));
  }
  const known = Array.from(wanted.values());
  for (const entry of known) for (const id of await record.becauseOf(entry.because)) add([await record.find(id)]);

  const ordered = [...wanted.values()].sort((a, b) => (a.index ?? Number.MAX_SAFE_INTEGER) - (b.index ?? Number.MAX_SAFE_INTEGER));
  const hands = handsOn(ordered, registered?.because ?? null, outer);
  const steps = ordered.map((entry, i) => {
    const before = ordered[i - 1];
    return {
      at: entry.at,
      kind: entry.subject.type,
      title: sentenceOf(entry),
      detail: entry.outcome ?? "",
      href: `/p/${project}/record/${entry.index ?? entry.id}`,
      entry: entry.index,
      hand: hands.has(entry.id),
      actor: entry.actor.name,
      waitedSeconds: before ? Math.max(0, (Date.parse(entry.at) - Date.parse(before.at)) / 1000) : 0,
    };
  });
  const [first, last] = [ordered[0], ordered.at(-1)];
  return { steps, hands: hands.size, seconds: first && last ? (Date.parse(last.at) - Date.parse(first.at)) / 1000 : 0 };
}
