import { digestOfJson } from "../../../base/foundation/hashing.ts";
import { clean, cleanTexts } from "../../tracking/rules.ts";
import type { RunHead, SourceExperiment, SourceFile, SourceRun } from "../model.ts";
import { digestOfRun, exportedTag } from "../rules.ts";
import { findImported, type Known } from "../store.ts";
import { findFiles, inTurns } from "./artifacts.ts";
import type { ImportTask } from "./task.ts";

/** A run with all that it holds. `mark` is what the next import may take it as unchanged by; null where something of it cannot come. */
export type Candidate = { run: SourceRun; files: SourceFile[]; digest: string; mark: string | null };
/** A run that the source says is as it was when it was read and compared, with its files where those were looked at. */
type Unread = { head: RunHead; files: SourceFile[] | undefined; mark: string };
export type RunPage = { read: Candidate[]; unread: Unread[]; known: ReadonlyMap<string, Known> };

/** Runs of the source, those that it says are unchanged without their curves. */
export async function* readRuns(task: ImportTask, experiments: readonly SourceExperiment[]): AsyncGenerator<RunPage> {
  for await (const page of task.source.runs(experiments)) yield await readPage(task, page);
}

async function readPage(task: ImportTask, page: readonly RunHead[]): Promise<RunPage> {
  const { store, tracking, source, project } = task;
  const ids = page.map((one) => one.id);
  const at = { project, source: source.label, noun: "runs" };
  const known = await findImported(store.database, at, ids);
  const near = new Map<RunHead, SourceFile[] | undefined>();
  await inTurns(page, 8, async (head) => {
    const place = { uri: head.artifactUri, run: head.id };
    if (source.isNear(place)) near.set(head, await findFiles(task, place));
  });
  const marks = new Map(page.map((head) => [head, markOf(task, head, near.get(head))]));
  const same = task.again ? [] : page.filter((head) => marks.get(head) && marks.get(head) === known.get(head.id)?.mark);
  const here = await tracking.projectsOf(same.map((one) => one.id));
  const unread = same.filter((one) => here.get(one.id) === project);
  const left = new Set(unread);
  const heads = page.filter((one) => !left.has(one));
  const read: Candidate[] = [];
  await inTurns(await source.whole(heads), 8, async (one) => {
    const run = localRun(task, one);
    if (!run) return;
    for (const { what, why, count } of one.left) task.tally.leave(what, why, count);
    const head = heads.find(({ id }) => id === one.id);
    const looked = head !== undefined && near.has(head);
    const files = looked ? near.get(head) : await findFiles(task, { uri: one.artifactUri, run: one.id });
    const whole = one.left.length === 0 && (looked || files !== undefined);
    const digest = await digestOfRun({ ...run, artifacts: files ?? [] });
    read.push({ run, files: files ?? [], digest, mark: (whole && head && marks.get(head)) || null });
  });
  read.sort((a, b) => (a.run.id < b.run.id ? -1 : 1));
  return { read, unread: unread.map((head) => ({ head, files: near.get(head), mark: marks.get(head) ?? "" })), known };
}

/** With where it goes here, and its files where a look at them asks nobody. */
const markOf = ({ experiments }: ImportTask, { mark, experimentId }: RunHead, files: readonly SourceFile[] | undefined): string | null =>
  mark === null
    ? null
    : digestOfJson({
        mark,
        experiment: experiments.get(experimentId) ?? null,
        files: files === undefined ? null : Object.fromEntries(files.map((one) => [one.path, one.sizeBytes])),
      });

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
