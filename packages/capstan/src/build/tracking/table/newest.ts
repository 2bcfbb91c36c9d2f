import type { Database } from "../../../base/storage/database.ts";
import { matching, type RunQuestion } from "./matching.ts";

type Found = { id: string; started_ms: number };

/**
 * Ids of the newest runs of a question without a filter, straight from an index whatever the number of runs: of an experiment by its start, of a project
 * by the start within each kind.
 */
export async function newestIds(
  database: Database,
  question: Omit<RunQuestion, "filter" | "conditions" | "parent">,
  limit: number,
): Promise<string[]> {
  const some = (kinds: RunQuestion["kinds"]): Promise<Found[]> => {
    const where = matching(database.dialect, { ...question, kinds, filter: "", conditions: [], parent: undefined });
    return database.all<Found>(`select id, started_ms from run where ${where.sql} order by started_ms desc, id limit ?`, [
      ...where.params,
      limit,
    ]);
  };
  if (question.experiment !== undefined) return (await some(question.kinds)).map((one) => one.id);
  const found = (await Promise.all(question.kinds.map((kind) => some([kind])))).flat();
  found.sort((a, b) => b.started_ms - a.started_ms || (a.id < b.id ? -1 : 1));
  return found.slice(0, limit).map((one) => one.id);
}
