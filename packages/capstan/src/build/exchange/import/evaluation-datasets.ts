import { type ImportedEvaluationDataset, putImportedEvaluationDataset } from "../../tracking/imported/evaluation-datasets.ts";
import { clean, cleanTexts } from "../../tracking/rules.ts";
import type { SourceEvaluationDataset } from "../model.ts";
import { digestOfEvaluationDataset } from "../rules.ts";
import { findImported, rememberImported } from "../store.ts";
import type { ImportTask } from "./task.ts";

const [noun, single] = ["evaluation datasets", "evaluation dataset"];
const recordsPerPage = 1000;

/** Evaluation datasets with their records, one a change, read back and compared. `all`: those of no experiment that comes, too. */
export async function importEvaluationDatasets(task: ImportTask, all: boolean): Promise<void> {
  for await (const one of task.source.evaluationDatasets()) {
    task.signal.throwIfAborted();
    if (all || one.experimentIds.some((id) => task.experiments.has(id))) await importOne(task, one);
    task.tell(noun);
  }
}

async function importOne(task: ImportTask, said: SourceEvaluationDataset): Promise<void> {
  const { store, project, tally, source } = task;
  const one = localDataset(task, said);
  if (!one) return;
  const { id, records } = one;
  const count = (of: "found" | "taken"): void => {
    tally.add(of, noun);
    tally.add(of, "evaluation records", records.length);
  };
  const digest = digestOfEvaluationDataset(one);
  const at = { project, source: source.label, noun };
  const remembered = rememberImported(at, { sourceId: id, id, digest, atMs: store.clock.nowMs() });
  count("found");
  task.digests.push(`evaluation-dataset ${id} ${digest}`);
  const before = (await findImported(store.database, at, [id])).get(id)?.digest;
  const mine = await heldDataset(task, id);
  if (mine) {
    const ours = mine.project === project ? digestOfEvaluationDataset(mine) : undefined;
    if (ours !== undefined && (before === digest || ours === digest)) {
      tally.add("same", noun);
      if (before !== digest && !task.plan) await store.database.commit(remembered);
      return;
    }
    if (ours === undefined || ours !== before)
      return tally.conflict({
        noun: single,
        id,
        code: "CAP-EXISTS-001",
        problem:
          before === undefined ? "there is another one of this id here" : "it was changed here and at the source since it was imported",
      });
    tally.add("updated", noun);
  } else count("taken");
  if (task.plan) return;
  await putImportedEvaluationDataset(store, one, source.label, await task.writer(), remembered);
  const back = await heldDataset(task, id);
  if (back && digestOfEvaluationDataset(back) === digest) return;
  tally.differs();
  tally.conflict({ noun: single, id, code: "CAP-EXCHANGE-002", problem: "read back, it is not what the source said" });
}

async function heldDataset({ tracking }: ImportTask, id: string): Promise<ImportedEvaluationDataset | undefined> {
  const { datasets } = tracking.evaluation;
  const found = await datasets.find(id);
  if (!found) return undefined;
  const records: ImportedEvaluationDataset["records"][number][] = [];
  for (let after = ""; ;) {
    const page = await datasets.records(id, recordsPerPage, after);
    records.push(...page);
    if (page.length < recordsPerPage) return { ...found, records };
    after = page.at(-1)?.id ?? "";
  }
}

/** A dataset of the source as it can be here; undefined, and counted, when it cannot. */
function localDataset({ project, tally, experiments }: ImportTask, one: SourceEvaluationDataset): ImportedEvaluationDataset | undefined {
  if (!/^d-[0-9a-f]{32}$/.test(one.id)) return void tally.leave(noun, "their ids are not d- and 32 hex digits");
  if (Object.hasOwn(one.tags, "__proto__")) return void tally.leave(noun, "a tag is called __proto__");
  const places = one.experimentIds.flatMap((id) => experiments.get(id) ?? []);
  if (places.length < one.experimentIds.length) tally.leave("links of evaluation datasets", "their experiment does not come");
  return { ...one, project, name: clean(one.name), tags: cleanTexts(one.tags), experimentIds: places };
}
