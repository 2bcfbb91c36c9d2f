import { client } from "../../../data/api.ts";
import type { Question } from "./view.ts";
import type { Selection } from "./selection.ts";

const idsPerPage = 1000;
const perCall = 500;

/** The chosen ids; for the filter itself, all that it finds. */
export async function chosenIds(selection: Selection, question: Question): Promise<string[]> {
  if (!selection.all) return [...selection.ids];
  const ids: string[] = [];
  let snapshot: string | undefined;
  for (;;) {
    const answer = await client.call("runs.search", {
      ...question,
      offset: ids.length,
      limit: idsPerPage,
      ...(snapshot !== undefined && { snapshot }),
    });
    snapshot = answer.snapshot;
    ids.push(...answer.rows.map((row) => row.id));
    if (answer.rows.length < idsPerPage) return ids;
  }
}

/** Deletes or restores, a part at a time; answers with those that changed, so that it can be taken back. */
export async function change(
  project: string,
  name: "runs.delete" | "runs.restore",
  ids: readonly string[],
  progress?: (done: number) => void,
): Promise<{ runs: string[]; kept: number }> {
  const changed: string[] = [];
  let kept = 0;
  for (let from = 0; from < ids.length; from += perCall) {
    const answer = await client.call(name, { project, runs: ids.slice(from, from + perCall) });
    changed.push(...answer.runs);
    kept += answer.kept;
    progress?.(Math.min(ids.length, from + perCall));
  }
  return { runs: changed, kept };
}

type Part<T> = (ids: readonly string[]) => Promise<T>;
async function inParts(ids: readonly string[], work: Part<unknown>, progress?: (done: number) => void): Promise<void> {
  for (let from = 0; from < ids.length; from += perCall) {
    await work(ids.slice(from, from + perCall));
    progress?.(Math.min(ids.length, from + perCall));
  }
}

/** The value of one column for each run, as it is now. */
async function valuesOf(project: string, question: Question, ids: readonly string[], column: string): Promise<Map<string, string | null>> {
  const found = new Map<string, string | null>();
  await inParts(ids, async (part) => {
    const answer = await client.call("runs.search", {
      project,
      kind: [...everyKind],
      ...(question.state !== undefined && { state: question.state }),
      filter: `id IN (${part.map((id) => `'${id}'`).join(", ")})`,
      columns: [column],
      limit: perCall,
    });
    for (const row of answer.rows) found.set(row.id, row.values[0] === null || row.values[0] === undefined ? null : String(row.values[0]));
  });
  return found;
}
export const everyKind = ["user", "step", "pipeline", "check", "evaluation", "monitor", "fault", "release"] as const;

/** Puts back what each run had before, together those that had the same. */
const back = async (
  before: ReadonlyMap<string, string | null>,
  put: (value: string | null, ids: readonly string[]) => Promise<unknown>,
): Promise<void> => {
  for (const [value, entries] of Map.groupBy(before, ([, one]) => one))
    await inParts(
      entries.map(([id]) => id),
      (part) => put(value, part),
    );
};

/** Sets one tag on runs; answers with what takes it back. */
export async function tagAll(
  project: string,
  question: Question,
  ids: readonly string[],
  tag: string,
  value: string,
  progress?: (done: number) => void,
): Promise<() => Promise<void>> {
  const before = await valuesOf(project, question, ids, `tags.${tag}`);
  await inParts(ids, (part) => client.call("runs.tags", { project, runs: [...part], set: { [tag]: value } }), progress);
  return () =>
    back(before, (old, part) =>
      client.call("runs.tags", { project, runs: [...part], ...(old === null ? { remove: [tag] } : { set: { [tag]: old } }) }),
    );
}

/** Moves runs into another experiment; answers with what takes them back. */
export async function moveAll(
  project: string,
  question: Question,
  ids: readonly string[],
  experiment: string,
  progress?: (done: number) => void,
): Promise<() => Promise<void>> {
  const before = await valuesOf(project, question, ids, "experiment");
  await inParts(ids, (part) => client.call("runs.move", { project, runs: [...part], experiment }), progress);
  return () => back(before, (old, part) => client.call("runs.move", { project, runs: [...part], experiment: old ?? "0" }));
}
