import type { Database } from "../../../base/storage/database.ts";
import type { TrackingService } from "../service.ts";
import { mostStepBlocks, tooManyBlocks } from "../step-values.ts";
import { type Condition, leavesOf, type Statistic, stepOf } from "../search/vocabulary.ts";
import { matching, type RunQuestion } from "./matching.ts";
import { rowsSql, stepName, type StepRows } from "./step-rows.ts";
import type { Column } from "./vocabulary.ts";

/** What comes as one message. */
const idsAtOnce = 10_000;

type Asked = { key: string; statistic: Statistic; step: number };

/** The values at steps that a question and some columns name, of the runs that may be found. */
export async function stepRowsOf(
  database: Database,
  question: RunQuestion,
  columns: readonly Column[],
  read: TrackingService["valuesAtStep"],
): Promise<StepRows> {
  const asked = new Map<string, Asked>();
  const metrics = columns.filter((one) => one.entity === "metric");
  for (const { key, statistic } of [...leavesOf(question.conditions).filter((one) => one.entity === "metric"), ...metrics]) {
    const step = stepOf(statistic);
    if (step !== undefined && statistic !== undefined && statistic !== "last")
      asked.set(stepName(key, statistic), { key, statistic, step });
  }
  const rows = new Map<string, ReturnType<typeof rowsSql>>();
  if (asked.size === 0) return rows;
  const where = matching(database.dialect, { ...question, conditions: question.conditions.filter((one) => !namesStep(one)) });
  for (const [name, { key, step }] of asked) {
    const runIds: string[] = [];
    for (let page: { id: string }[] | undefined; page === undefined || page.length === idsAtOnce;) {
      page = await database.all<{ id: string }>(
        `select run.id as id from run join metric_latest x on x.run_id = run.id and x.key = ? and x.step >= ? where run.id > ? and ${where.sql} order by run.id limit ?`,
        [key, step, runIds.at(-1) ?? "", ...where.params, idsAtOnce],
      );
      for (const { id } of page) runIds.push(id);
      if (runIds.length > mostStepBlocks) throw tooManyBlocks(key, step);
    }
    rows.set(name, rowsSql(database.dialect, await read({ runIds, key, step })));
  }
  return rows;
}

const namesStep = (one: Condition): boolean => leavesOf([one]).some(({ statistic }) => stepOf(statistic) !== undefined);
