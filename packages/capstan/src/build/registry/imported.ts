import type { Caller } from "../../base/foundation/caller.ts";
import type { EntryDraft } from "../../base/record/model.ts";
import type { Store } from "../../base/record/store.ts";
import { type Change, type Statement, statement } from "../../base/storage/database.ts";
import { versionOfFiles } from "./artifacts.ts";
import { type ModelFile, type VersionLabel, versionId } from "./model.ts";
import { setTagsChange, type Tags } from "./model-store.ts";
import { insertVersion, setAliasChange } from "./store.ts";
import { lineageOf } from "./version-lineage.ts";

export type ImportedVersion = {
  number: number;
  createdMs: number;
  label: VersionLabel;
  tags: Tags;
  files: readonly ModelFile[];
  /** The stated run, when it is one of ours. */
  runId: string | null;
};
export type ImportedModel = {
  project: string;
  name: string;
  description: string | null;
  createdMs: number;
  updatedMs: number;
  tags: Tags;
  aliases: Readonly<Record<string, number>>;
  versions: readonly ImportedVersion[];
};

/**
 * A model of another registry, or versions that came to one since: numbers, times and stages as they were. What a version stands for is computed from
 * its files as for any that a client registers. A number or new name that is taken refuses all of it. Nobody is told: nothing happened here.
 */
export async function putImportedModel(store: Store, one: ImportedModel, source: string, caller: Caller, also: Change): Promise<void> {
  const { recorder } = store;
  const { project, name } = one;
  const because = caller.because !== undefined ? { because: caller.because } : {};
  const last = Math.max(0, ...one.versions.map((version) => version.number));
  const change: Statement[] = [
    statement(
      `insert into model (project, name, description, last_number, created_ms, updated_ms, deleted_ms) values (?, ?, ?, ?, ?, ?, null)
       on conflict (project, name) do update set last_number = case when model.last_number < excluded.last_number then excluded.last_number else model.last_number end, updated_ms = excluded.updated_ms, description = excluded.description, deleted_ms = null`,
      project,
      name,
      one.description,
      last,
      one.createdMs,
      one.updatedMs,
    ),
    ...setTagsChange({ project, model: name }, one.tags),
  ];
  const entries: EntryDraft[] = [
    {
      id: recorder.newEntryId(),
      action: "model.imported",
      subject: { type: "model", id: name },
      project,
      actor: caller.actor,
      payload: { source, versions: one.versions.map((version) => version.number), tags: { ...one.tags }, aliases: { ...one.aliases } },
      ...because,
    },
  ];
  for (const wanted of one.versions) {
    const { label } = wanted;
    const { number, files, runId, createdMs } = wanted;
    const version = await versionOfFiles(store, { project, model: name, number, files, runId, createdMs, label });
    const { nodes, edges } = lineageOf(version);
    change.push(
      ...insertVersion(version),
      ...setTagsChange({ project, model: name, number: version.number }, wanted.tags),
      ...recorder.lineage(nodes, edges, project),
    );
    entries.push({
      id: version.entryId,
      action: "model.version.imported",
      subject: { type: "model", id: versionId(name, version.number), digest: version.digest },
      project,
      actor: caller.actor,
      payload: {
        from: source,
        model: name,
        version: version.number,
        bundle: version.bundle,
        run: label.statedRun,
        source: label.source,
        location: label.location,
        stage: label.stage,
        files: wanted.files.length,
        tags: { ...wanted.tags },
      },
      ...because,
    });
  }
  const [entry] = entries;
  for (const [alias, number] of Object.entries(one.aliases))
    change.push(...setAliasChange(project, { model: name, alias, number, atMs: one.updatedMs }, entry?.id ?? ""));
  await recorder.commit([...change, ...also], entries);
  store.events.emit("changed", { project, kind: "model", id: name });
}
