import { mkdir, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { type CheckResult, goesForward } from "@capstan/contract";
import type { Caller } from "../../base/foundation/caller.ts";
import { CapstanError } from "../../base/foundation/errors.ts";
import type { Store } from "../../base/record/store.ts";
import type { Analytics } from "./analytics.ts";
import { type Added, type DataRules, type DataService, type DatasetVersion, type NewData, versionName, versionNode } from "./model.ts";
import { profileTable, type TableProfile } from "./profile.ts";
import { nearNames, nullable, parseRef, refusalText, splitRef, timeColumn } from "./rules.ts";
import { createSoundBlobs } from "./sound-blobs.ts";
import { createStatCache } from "./stat-cache.ts";
import {
  findByDigestPrefix,
  findByNumber,
  findLatest,
  insertRefusal,
  insertVersion,
  listDatasets,
  listRefusals,
  listVersions,
} from "./store.ts";
import { detectFormat, type Format, isTable, type TableSource, tableSql } from "./table.ts";
import { createTrees, type TreeFile } from "./tree.ts";

const attempts = 3;

type Bytes = { form: "file" | "tree"; digest: string; sizeBytes: number; files: readonly TreeFile[] };

export function createDataService(deps: { store: Store; analytics: Analytics; rules?: DataRules }): DataService {
  const { store, analytics } = deps;
  const { database, recorder } = store;
  const stats = createStatCache({ database, clock: store.clock });
  const trees = createTrees({ blobs: store.blobs, stats });
  const sound = createSoundBlobs({ blobs: store.blobs, stats });
  const work = join(store.folder, "work");

  const look = async (data: NewData): Promise<Bytes> => {
    const info = await stat(data.path).catch(() => undefined);
    if (!info) throw new CapstanError("CAP-DATA-005", { path: data.path });
    if (info.isDirectory()) {
      const tree = await trees.digestOf(data.path);
      return { form: "tree", digest: tree.digest, sizeBytes: tree.sizeBytes, files: tree.list };
    }
    const { digest, sizeBytes } = await stats.digestOf(data.path);
    await stats.flush();
    return { form: "file", digest, sizeBytes, files: [] };
  };

  const read = async (data: NewData, bytes: Bytes): Promise<{ format: Format; source: TableSource | null; table: TableProfile | null }> => {
    const paths = bytes.form === "file" ? [data.path] : bytes.files.map((file) => join(data.path, file.path));
    const formats = new Set<Format>();
    for (const path of paths) formats.add(await detectFormat(path));
    const [only] = formats;
    if (formats.size !== 1 || only === undefined || !isTable(only)) return { format: "other", source: null, table: null };
    const source: TableSource = { format: only, paths };
    await mkdir(work, { recursive: true });
    return { format: only, source, table: await profileTable(analytics, source, basename(data.path), work, store.ids.hex()) };
  };

  const timeOf = (data: NewData, table: TableProfile | null): DatasetVersion["time"] => {
    const wanted = data.declared?.time;
    if (wanted === undefined || !table) return null;
    const column = timeColumn(table.schema, wanted);
    if (!column)
      throw new CapstanError("CAP-DATA-006", {
        path: basename(data.path),
        column: wanted,
        near:
          nearNames(
            wanted,
            table.schema.map((one) => one.name),
          ).join(", ") || "none",
      });
    const profile = table.columns.find((one) => one.name === wanted);
    const [fromMs, toMs] = [profile?.min, profile?.max].map((edge) => Date.parse(String(edge)));
    return fromMs === undefined || toMs === undefined || Number.isNaN(fromMs) || Number.isNaN(toMs)
      ? null
      : { column: wanted, fromMs, toMs };
  };

  const refuse = async (
    data: NewData,
    bytes: Bytes,
    outcome: Awaited<ReturnType<DataRules["judge"]>> & object,
    caller: Caller,
  ): Promise<never> => {
    const entryId = recorder.newEntryId();
    const refusal = {
      dataset: data.name,
      entryId,
      digest: bytes.digest,
      sizeBytes: bytes.sizeBytes,
      verdict: outcome.verdict,
      resultSet: outcome.resultSet,
      actor: caller.actor.name,
      atMs: store.clock.nowMs(),
    };
    await recorder.commit(insertRefusal(data.project, refusal), [
      {
        id: entryId,
        action: "data.refused",
        subject: { type: "data", id: data.name, digest: bytes.digest },
        project: data.project,
        actor: caller.actor,
        outcome: outcome.verdict,
        because: outcome.entryId,
        payload: {
          dataset: data.name,
          sizeBytes: bytes.sizeBytes,
          suite: outcome.suite,
          resultSet: outcome.resultSet,
          failed: outcome.results.filter((one) => !goesForward(one.verdict)).map((one) => ({ id: one.id, detail: one.detail })),
        },
      },
    ]);
    store.events.emit("changed", { project: data.project, kind: "data", id: data.name });
    throw new CapstanError(
      "CAP-DATA-014",
      { dataset: data.name, suite: outcome.suite, verdict: outcome.verdict === "fail" ? "fails" : `is ${outcome.verdict}` },
      refusalText(outcome),
    );
  };

  const keep = async (data: NewData, bytes: Bytes): Promise<void> => {
    const kept = bytes.form === "file" ? await store.blobs.putFile(data.path) : await trees.put(data.path);
    if (kept.digest !== bytes.digest) throw new CapstanError("CAP-DATA-007", { path: data.path });
  };

  const isKept = async (bytes: Bytes): Promise<boolean> => {
    if (bytes.form === "file") return sound.has(bytes.digest);
    try {
      return await trees.isWhole(bytes.digest);
    } catch (error) {
      if (error instanceof CapstanError && (error.code === "CAP-STORE-002" || error.code === "CAP-STORE-006")) return false;
      throw error;
    }
  };

  const addOnce = async (data: NewData, caller: Caller): Promise<Added> => {
    const bytes = await look(data);
    const [known] = await findByDigestPrefix(database, data.project, data.name, bytes.digest);
    if (known) {
      // The same bytes again are no new version, but they heal what the store has lost of them.
      if (!(await isKept(bytes))) await keep(data, bytes);
      return { version: known, created: false, results: [] };
    }
    const { format, source, table } = await read(data, bytes);
    const time = timeOf(data, table);
    const previous = await findLatest(database, data.project, data.name);
    const because = data.because ?? caller.because;
    let results: readonly CheckResult[] = [];
    let verdict: DatasetVersion["verdict"] = "skipped";
    let checked: string | undefined;
    if (source && table) {
      const offer = {
        project: data.project,
        dataset: data.name,
        digest: bytes.digest,
        source,
        rows: table.rows,
        columns: table.schema,
        time: data.declared?.time ?? null,
        previous: previous ? { number: previous.number, digest: previous.digest } : null,
      };
      const outcome = await deps.rules?.judge(offer, caller, because);
      if (outcome && !goesForward(outcome.verdict)) return refuse(data, bytes, outcome, caller);
      if (outcome) ({ results, verdict, resultSet: checked } = outcome);
    }
    await keep(data, bytes);
    const version: DatasetVersion = {
      project: data.project,
      dataset: data.name,
      number: (previous?.number ?? 0) + 1,
      digest: bytes.digest,
      form: bytes.form,
      format,
      rows: table?.rows ?? null,
      sizeBytes: bytes.sizeBytes,
      columns: table?.schema ?? [],
      profile: table?.columns ?? [],
      ...nullable(data.declared),
      time,
      verdict,
      actor: caller.actor.name,
      entryId: recorder.newEntryId(),
      addedMs: store.clock.nowMs(),
    };
    const node = versionNode(version.dataset, version.number);
    const blob = `${version.form === "tree" ? "tree" : "blob"}:${version.digest}`;
    await recorder.commit(
      [
        ...insertVersion(version),
        ...recorder.lineage(
          [
            {
              id: node,
              kind: "data",
              title: `${version.dataset} ${versionName(version.number)}`,
              digest: version.digest,
              facts: { rows: version.rows, sizeBytes: version.sizeBytes, licence: version.licence },
            },
            {
              id: blob,
              kind: version.form === "tree" ? "tree" : "blob",
              title: `bytes of ${version.dataset} ${versionName(version.number)}`,
              digest: version.digest,
              facts: { sizeBytes: version.sizeBytes },
            },
          ],
          [
            { from: node, to: blob, relation: "is" },
            ...(checked === undefined ? [] : [{ from: node, to: `check:${checked}`, relation: "checked by" }]),
          ],
          version.project,
        ),
      ],
      [
        {
          id: version.entryId,
          action: "data.version.added",
          subject: { type: "data", id: `${version.dataset}@${versionName(version.number)}`, digest: version.digest },
          project: version.project,
          actor: caller.actor,
          outcome: verdict,
          ...(because !== undefined && { because }),
          payload: {
            dataset: version.dataset,
            version: version.number,
            form: version.form,
            format,
            rows: version.rows,
            sizeBytes: version.sizeBytes,
            columns: version.columns.map((one) => ({ name: one.name, type: one.type })),
            origin: version.origin,
            licence: version.licence,
            personal: version.personal,
            resultSet: checked,
          },
        },
      ],
    );
    store.events.emit("changed", { project: version.project, kind: "data", id: version.dataset });
    return { version, created: true, results };
  };

  const find: DataService["find"] = async (project, dataset, text) => {
    const ref = parseRef(text);
    if (ref.kind === "number") return findByNumber(database, project, dataset, ref.number);
    if (ref.kind === "latest") return findLatest(database, project, dataset);
    if (ref.kind === "unknown") return undefined;
    const [only, other] = await findByDigestPrefix(database, project, dataset, ref.prefix);
    return other ? undefined : only;
  };
  const get: DataService["get"] = async (project, dataset, ref) => {
    const version = await find(project, dataset, ref);
    if (!version) throw new CapstanError("CAP-NOT-FOUND-001", { noun: "dataset version", name: `${dataset}@${ref}` });
    return version;
  };
  const sourceOf = async (version: DatasetVersion): Promise<TableSource | null> => {
    if (!isTable(version.format)) return null;
    const digests = version.form === "file" ? [version.digest] : (await trees.files(version.digest)).map((file) => file.digest);
    return { format: version.format, paths: await Promise.all(digests.map((digest) => store.blobs.localPath(digest))) };
  };

  return {
    find,
    get,
    async add(data, caller) {
      for (let attempt = 1; ; attempt++) {
        try {
          return await addOnce(data, caller);
        } catch (error) {
          // Someone else took the number, or added the same bytes: what is true now is looked at again.
          if (!(error instanceof CapstanError && error.code === "CAP-EXISTS-001") || attempt === attempts) throw error;
        }
      }
    },
    versions: (project, dataset) => listVersions(database, project, dataset),
    datasets: (project) => listDatasets(database, project),
    refusals: (project, dataset) => listRefusals(database, project, dataset),
    async resolve(project, text) {
      const { dataset, ref } = splitRef(text);
      const version = await get(project, dataset, ref);
      if (version.form === "file") return { version, source: await sourceOf(version), path: await sound.path(version.digest) };
      const folder = join(work, "trees", version.digest);
      if (!(await stat(folder).catch(() => undefined))) await trees.checkout(version.digest, folder);
      return { version, source: await sourceOf(version), path: folder };
    },
    async rows(version, offset, limit) {
      const source = await sourceOf(version);
      if (!source) return { columns: [], rows: [], total: 0 };
      const rows = await analytics.all(`select * from ${tableSql(source)} limit ${Math.trunc(limit)} offset ${Math.trunc(offset)}`);
      return {
        columns: version.columns,
        rows: rows.map((row) => version.columns.map((column) => row[column.name] ?? null)),
        total: version.rows ?? 0,
      };
    },
  };
}
