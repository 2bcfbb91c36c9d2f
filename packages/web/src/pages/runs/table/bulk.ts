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

const atOnce = 8;
/** Sets or removes one tag on runs; answers with the value each had before. */
export async function tagAll(
  project: string,
  changes: readonly { id: string; value: string | null }[],
  tag: string,
  progress?: (done: number) => void,
): Promise<{ id: string; value: string | null }[]> {
  const before: { id: string; value: string | null }[] = [];
  let done = 0;
  let next = 0;
  const work = async (): Promise<void> => {
    for (let one = changes[next++]; one; one = changes[next++]) {
      const found = await client.call("runs.search", {
        project,
        filter: `id = '${one.id}'`,
        columns: [`tags.${tag}`],
        limit: 1,
        kind: everyKind,
      });
      const old = found.rows[0]?.values[0];
      before.push({ id: one.id, value: old === undefined || old === null ? null : String(old) });
      await client.call("runs.tag", { project, run: one.id, ...(one.value === null ? { remove: [tag] } : { set: { [tag]: one.value } }) });
      progress?.(++done);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return before;
}
const everyKind = ["user", "step", "pipeline", "check", "evaluation", "monitor", "fault", "release"];
