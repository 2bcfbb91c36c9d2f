import { CapstanError, toCapstanError } from "../../../base/foundation/errors.ts";
import type { ImportedRun } from "../../tracking/imported/runs.ts";
import { clean, cleanTexts } from "../../tracking/rules.ts";
import type { SourceExperiment, SourceFile, SourceRun } from "../model.ts";
import { comparedRun, digestOfRun, exportedTag, importedFrom } from "../rules.ts";
import { findImported, rememberImported } from "../store.ts";
import { filesOf, inTurns, keepFiles } from "./artifacts.ts";
import type { ImportTask } from "./task.ts";
import { bringRunUpToDate } from "./update-run.ts";

const noun = "runs";
type Candidate = { run: SourceRun; files: SourceFile[]; digest: string };

/** Runs with everything they hold, a page at a time; each page is written whole, and read back and compared. */
export async function importRuns(task: ImportTask, experiments: readonly SourceExperiment[]): Promise<void> {
  const pages = task.source.runs(experiments)[Symbol.asyncIterator]();
  let coming = pages.next();
  try {
    for (let { done, value } = await coming; !done; { done, value } = await coming) {
      task.signal.throwIfAborted();
      // The next page is read while this one is written.
      coming = pages.next();
      coming.catch(() => undefined);
      await importPage(task, value);
      task.tell(noun);
    }
  } finally {
    await coming.catch(() => undefined);
    await pages.return?.();
  }
}

async function importPage(task: ImportTask, page: readonly SourceRun[]): Promise<void> {
  const { store, tracking, project, tally, source } = task;
  const at = { project, source: source.label, noun };
  const candidates: Candidate[] = [];
  await inTurns(page, 8, async (one) => {
    const run = localRun(task, one);
    if (!run) return;
    const files = await filesOf(task, { uri: one.artifactUri, run: one.id });
    candidates.push({ run, files, digest: await digestOfRun({ ...run, artifacts: files }) });
  });
  candidates.sort((a, b) => (a.run.id < b.run.id ? -1 : 1));
  const ids = candidates.map((one) => one.run.id);
  const [known, here] = await Promise.all([findImported(store.database, at, ids), tracking.runsById(ids)]);
  const fresh: Candidate[] = [];
  for (const one of candidates) {
    const { run, digest } = one;
    count(task, "found", one);
    task.digests.push(`run ${run.id} ${digest}`);
    const remembered = rememberImported(at, { sourceId: run.id, id: run.id, digest, atMs: store.clock.nowMs() });
    const mine = here.get(run.id);
    if (!mine) fresh.push(one);
    else if (known.get(run.id)?.digest === digest) count(task, "same", one);
    else if (mine.project !== project)
      tally.conflict({ noun: "run", id: run.id, code: "CAP-EXISTS-001", problem: `it is in project ${mine.project}` });
    else {
      const [curves, artifacts] = await Promise.all([tracking.curves([run.id]), tracking.artifacts(run.id)]);
      const ours = await digestOfRun(comparedRun(mine, curves.get(run.id) ?? new Map(), artifacts));
      if (ours === digest) {
        count(task, "same", one);
        if (!task.plan) await store.database.commit(remembered);
      } else if (known.get(run.id)?.digest !== ours)
        tally.conflict({
          noun: "run",
          id: run.id,
          code: "CAP-EXISTS-001",
          problem: known.has(run.id)
            ? "it was changed here and at the source since it was imported"
            : "there is another run of this id here",
        });
      else if (task.plan) tally.add("updated", noun);
      else {
        try {
          await bringRunUpToDate(task, mine, curves.get(run.id) ?? new Map(), artifacts, run, one.files);
          await store.database.commit(remembered);
          tally.add("updated", noun);
          await compare(task, [one]);
        } catch (error) {
          const { code, message } = toCapstanError(error);
          if (!(error instanceof CapstanError)) throw error;
          tally.conflict({ noun: "run", id: run.id, code, problem: message });
        }
      }
    }
  }
  if (fresh.length === 0) return;
  if (!task.plan) {
    const writer = await task.writer();
    const runs: ImportedRun[] = [];
    await inTurns(fresh, 4, async ({ run, files }) => {
      runs.push(importedOf(task, run, await keepFiles(files, store.blobs, task.signal)));
    });
    runs.sort((a, b) => (a.run.id < b.run.id ? -1 : 1));
    const atMs = store.clock.nowMs();
    await tracking.importRuns(
      runs,
      source.label,
      writer,
      fresh.flatMap(({ run, digest }) => rememberImported(at, { sourceId: run.id, id: run.id, digest, atMs })),
    );
    await compare(task, fresh);
  }
  for (const one of fresh) count(task, "taken", one);
}

/** A run of the source as it can be here; undefined, and counted, when it cannot. */
function localRun(task: ImportTask, one: SourceRun): SourceRun | undefined {
  const experimentId = task.experiments.get(one.experimentId);
  if (!/^[0-9a-f]{32}$/.test(one.id)) return void task.tally.leave("runs", "their ids are not 32 hex digits");
  if (experimentId === undefined) return void task.tally.leave("runs", "their experiment is not there");
  for (const texts of [one.params, one.tags])
    if (Object.hasOwn(texts, "__proto__")) return void task.tally.leave("runs", "a param or tag is called __proto__");
  const { [exportedTag]: _, ...tags } = cleanTexts(one.tags);
  return {
    ...one,
    experimentId,
    name: clean(one.name),
    by: clean(one.by),
    params: cleanTexts(one.params),
    tags,
    curves: new Map([...one.curves].map(([key, curve]) => [clean(key), curve])),
  };
}

function importedOf(task: ImportTask, run: SourceRun, artifacts: ImportedRun["artifacts"]): ImportedRun {
  const parent = run.tags["mlflow.parentRunId"];
  const wallSeconds = run.endedMs === null ? null : Math.max(0, run.endedMs - run.startedMs) / 1000;
  return {
    run: {
      id: run.id,
      project: task.project,
      experimentId: run.experimentId,
      kind: "user",
      name: run.name,
      step: null,
      key: null,
      parentId: parent !== undefined && /^[0-9a-f]{32}$/.test(parent) ? parent : null,
      because: null,
      by: run.by,
      status: run.status,
      verdict: null,
      lifecycle: run.lifecycle,
      startedMs: run.startedMs,
      endedMs: run.endedMs,
      resources: { wallSeconds, cpuSeconds: null, gpuSeconds: null, peakBytes: null, waitSeconds: null },
      environment: {},
    },
    params: run.params,
    tags: { ...run.tags, [importedFrom]: task.source.label },
    curves: run.curves,
    datasets: run.datasets,
    models: run.models,
    artifacts,
  };
}

/** Reads runs back and compares what the store says of them with what the source said. */
async function compare(task: ImportTask, all: readonly Candidate[]): Promise<void> {
  const { tracking } = task;
  const ids = all.map((one) => one.run.id);
  const [runs, curves] = await Promise.all([tracking.runsById(ids), tracking.curves(ids)]);
  await inTurns(all, 8, async ({ run, digest }) => {
    const mine = runs.get(run.id);
    const ours = mine && (await digestOfRun(comparedRun(mine, curves.get(run.id) ?? new Map(), await tracking.artifacts(run.id))));
    if (ours === digest) return;
    task.tally.differs();
    task.tally.conflict({ noun: "run", id: run.id, code: "CAP-EXCHANGE-002", problem: "read back, it is not what the source said" });
  });
}

function count(task: ImportTask, of: "found" | "taken" | "same", { run, files }: Candidate): void {
  task.tally.add(of, noun);
  if (of === "same") return;
  let points = 0;
  for (const curve of run.curves.values()) points += curve.step.length;
  task.tally.add(of, "metric points", points);
  task.tally.add(of, "params", Object.keys(run.params).length);
  task.tally.add(of, "tags", Object.keys(run.tags).length);
  task.tally.add(of, "dataset inputs", run.datasets.length);
  task.tally.add(of, "artifact files", files.length);
}
