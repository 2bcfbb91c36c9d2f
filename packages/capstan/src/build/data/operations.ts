import type { dataOperations, DataVersion } from "@capstan/contract/operations/data";
import { toTime } from "../../base/foundation/clock.ts";
import type { Handlers } from "../../base/foundation/caller.ts";
import { CapstanError } from "../../base/foundation/errors.ts";
import type { Store } from "../../base/record/store.ts";
import { createStatCache } from "./stat-cache.ts";
import { type DataService, type DatasetVersion, versionName, versionNode } from "./model.ts";
import { diffProfiles } from "./profile-diff.ts";
import { dependentsOf } from "./store.ts";
import { createTrees } from "./tree.ts";

export const dataHandlers = (service: DataService, store: Store): Handlers<typeof dataOperations> => ({
  async "data.list"({ project }) {
    const all = await Promise.all((await service.datasets(project)).map((dataset) => service.versions(project, dataset)));
    return {
      datasets: all.flatMap((versions) => {
        const [latest] = versions;
        return latest
          ? [
              {
                dataset: latest.dataset,
                versions: versions.length,
                latest: versionOut(latest),
                storedBytes: versions.reduce((sum, one) => sum + one.sizeBytes, 0),
              },
            ]
          : [];
      }),
    };
  },
  async "data.get"({ project, dataset }) {
    const [versions, refused] = await Promise.all([service.versions(project, dataset), service.refusals(project, dataset)]);
    if (versions.length === 0 && refused.length === 0) throw new CapstanError("CAP-NOT-FOUND-001", { noun: "dataset", name: dataset });
    return {
      dataset,
      versions: versions.map(versionOut),
      refused: refused.map((one) => ({
        at: toTime(one.atMs),
        digest: one.digest,
        sizeBytes: one.sizeBytes,
        verdict: one.verdict,
        entry: one.entryId,
        actor: one.actor,
      })),
    };
  },
  async "data.version"({ project, dataset, version: ref }) {
    const version = await service.get(project, dataset, ref);
    const [usedBy, versions] = await Promise.all([usersOf(store, version), service.versions(project, dataset)]);
    return {
      ...versionOut(version),
      profile: version.profile,
      usedBy,
      versions: versions.map((one) => ({
        version: versionName(one.number),
        digest: one.digest,
        rows: one.rows,
        addedAt: toTime(one.addedMs),
      })),
    };
  },
  async "data.add"({ project, dataset, path, time, licence, origin, personal }, caller) {
    const { version, created, results } = await service.add(
      { project, name: dataset, path, declared: { time, licence, origin, personal } },
      caller,
    );
    return { ...versionOut(version), created, results: [...results] };
  },
  async "data.rows"({ project, dataset, version: ref, offset, limit }) {
    const version = await service.get(project, dataset, ref);
    const page = await service.rows(version, offset, limit);
    const plain = (cell: unknown): string | number | boolean | null =>
      cell === null || typeof cell === "string" || typeof cell === "number" || typeof cell === "boolean" ? cell : JSON.stringify(cell);
    return { columns: page.columns, rows: page.rows.map((row) => row.map(plain)), offset, total: page.total };
  },
  async "data.diff"({ project, dataset, from, to }) {
    const [before, after] = await Promise.all([service.get(project, dataset, from), service.get(project, dataset, to)]);
    return {
      from: versionOut(before),
      to: versionOut(after),
      rows: { before: before.rows, after: after.rows },
      columns: diffProfiles(before.profile, after.profile),
      files: before.form === "tree" && after.form === "tree" ? await filesDiff(store, before, after) : null,
    };
  },
});

const versionOut = (version: DatasetVersion): DataVersion => ({
  dataset: version.dataset,
  version: versionName(version.number),
  number: version.number,
  digest: version.digest,
  form: version.form,
  format: version.format,
  rows: version.rows,
  sizeBytes: version.sizeBytes,
  schema: version.columns,
  origin: version.origin,
  licence: version.licence,
  personal: version.personal,
  time: version.time && { column: version.time.column, from: toTime(version.time.fromMs), to: toTime(version.time.toMs) },
  addedAt: toTime(version.addedMs),
  actor: version.actor,
  entry: version.entryId,
  verdict: version.verdict,
});

/** Users name the version, or the bytes that it is. */
async function usersOf(store: Store, version: DatasetVersion): Promise<{ node: string; relation: string; title: string }[]> {
  const own = versionNode(version.dataset, version.number);
  const users = await Promise.all(
    [own, `${version.form === "tree" ? "tree" : "blob"}:${version.digest}`].map((node) =>
      dependentsOf(store.database, version.project, node),
    ),
  );
  return users.flat().filter((user) => user.node !== own);
}

async function filesDiff(store: Store, before: DatasetVersion, after: DatasetVersion) {
  const trees = createTrees({ blobs: store.blobs, stats: createStatCache({ database: store.database, clock: store.clock }) });
  const [a, b] = await Promise.all(
    [before.digest, after.digest].map(async (digest) => new Map((await trees.files(digest)).map((file) => [file.path, file.digest]))),
  );
  const [old, now] = [a ?? new Map<string, string>(), b ?? new Map<string, string>()];
  const both = [...now.keys()].filter((path) => old.has(path));
  const changed = both.filter((path) => old.get(path) !== now.get(path));
  return {
    added: [...now.keys()].filter((path) => !old.has(path)),
    removed: [...old.keys()].filter((path) => !now.has(path)),
    changed,
    same: both.length - changed.length,
  };
}
