import { CapstanError, toCapstanError } from "../../../base/foundation/errors.ts";
import type { Statement } from "../../../base/storage/database.ts";
import type { ImportedRun } from "../../tracking/imported/runs.ts";
import type { FullRun } from "../../tracking/model.ts";
import type { RunHead, SourceExperiment, SourceFile, SourceRun } from "../model.ts";
import { comparedRun, digestOfRun, importedFrom } from "../rules.ts";
import { markImported, rememberImported } from "../store.ts";
import { inTurns, keepFiles } from "./artifacts.ts";
import { type Candidate, readRuns, type RunPage } from "./read-runs.ts";
import type { ImportTask } from "./task.ts";
import { bringRunUpToDate } from "./update-run.ts";

const noun = "runs";

/** Runs with everything they hold, a page at a time; each page is written whole, and read back and compared. */
export async function importRuns(task: ImportTask, experiments: readonly SourceExperiment[]): Promise<void> {
  const pages = readRuns(task, experiments);
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
    await pages.return(undefined);
  }
}

async function importPage(task: ImportTask, { read, unread, known }: RunPage): Promise<void> {
  const { store, tracking, project, tally, source } = task;
  const at = { project, source: source.label, noun };
  for (const { head, files, mark } of unread) {
    countHead(task, "found", head, files ?? []);
    tally.add("same", noun);
    tally.add("unread", noun);
    // Its digest is of another day.
    task.digests.push(`unread run ${head.id} ${mark}`);
  }
  const here = await tracking.runsById(read.map((one) => one.run.id));
  const fresh: Candidate[] = [];
  for (const one of read) {
    const { run, digest, mark } = one;
    count(task, "found", one);
    task.digests.push(`run ${run.id} ${digest}`);
    const noted = { sourceId: run.id, id: run.id, atMs: store.clock.nowMs() };
    const mine = here.get(run.id);
    if (!mine) fresh.push(one);
    else if (known.get(run.id)?.digest === digest && mine.project === project) {
      tally.add("same", noun);
      await markSame(task, mine, one, known.get(run.id)?.mark ?? null);
    } else if (mine.project !== project)
      tally.conflict({ noun: "run", id: run.id, code: "CAP-EXISTS-001", problem: `it is in project ${mine.project}` });
    else {
      const [curves, artifacts] = await Promise.all([tracking.curves([run.id]), tracking.artifacts(run.id)]);
      const ours = await digestOfRun(comparedRun(mine, curves.get(run.id) ?? new Map(), artifacts));
      if (ours === digest) {
        tally.add("same", noun);
        if (!task.plan) await store.database.commit(rememberImported(at, { ...noted, digest, mark }));
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
          await store.database.commit(rememberImported(at, { ...noted, digest }));
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

/** What was not marked yet is when it is here as the source says; one that was changed here is read each time. */
async function markSame(task: ImportTask, mine: FullRun, { run, digest, mark }: Candidate, before: string | null): Promise<void> {
  const { store, tracking, project, source } = task;
  if (task.plan || mark === before) return;
  if (before === null) {
    const [curves, artifacts] = await Promise.all([tracking.curves([run.id]), tracking.artifacts(run.id)]);
    if ((await digestOfRun(comparedRun(mine, curves.get(run.id) ?? new Map(), artifacts))) !== digest) return;
  }
  await store.database.commit(markImported({ project, source: source.label, noun }, run.id, mark));
}

/** Reads runs back and compares what the store says of them with what the source said; the next import may take those as unchanged that are equal. */
async function compare(task: ImportTask, all: readonly Candidate[]): Promise<void> {
  const { store, tracking, project, source } = task;
  const ids = all.map((one) => one.run.id);
  const [runs, curves] = await Promise.all([tracking.runsById(ids), tracking.curves(ids)]);
  const marks: Statement[] = [];
  await inTurns(all, 8, async ({ run, digest, mark }) => {
    const mine = runs.get(run.id);
    const ours = mine && (await digestOfRun(comparedRun(mine, curves.get(run.id) ?? new Map(), await tracking.artifacts(run.id))));
    if (ours === digest) return void marks.push(...markImported({ project, source: source.label, noun }, run.id, mark));
    task.tally.differs();
    task.tally.conflict({ noun: "run", id: run.id, code: "CAP-EXCHANGE-002", problem: "read back, it is not what the source said" });
  });
  if (marks.length > 0) await store.database.commit(marks);
}

function count(task: ImportTask, of: "found" | "taken", { run, files }: Candidate): void {
  let points = 0;
  for (const curve of run.curves.values()) points += curve.step.length;
  countHead(task, of, run, files);
  task.tally.add(of, "metric points", points);
}

function countHead({ tally }: ImportTask, of: "found" | "taken", run: Omit<RunHead, "mark">, files: readonly SourceFile[]): void {
  tally.add(of, noun);
  tally.add(of, "params", Object.keys(run.params).length);
  tally.add(of, "tags", Object.keys(run.tags).length);
  tally.add(of, "dataset inputs", run.datasets.length);
  tally.add(of, "artifact files", files.length);
}
