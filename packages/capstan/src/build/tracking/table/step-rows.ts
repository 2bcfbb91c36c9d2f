import { CapstanError } from "../../../base/foundation/errors.ts";
import type { Database } from "../../../base/storage/database.ts";
import { type Sql, sql } from "../search/compile.ts";
import type { Statistic } from "../search/vocabulary.ts";

/** Values of metrics at steps, which stand in no table of their own, as rows `run_id, value, is_nan` for a statement; by metric and statistic. */
export type StepRows = ReadonlyMap<string, Sql>;
export const noSteps: StepRows = new Map();
export const stepName = (key: string, statistic: Statistic): string => `${key}@${statistic}`;

/** The rows of one metric; what asks for values that nobody looked up is refused. */
export function stepRows(steps: StepRows, key: string, statistic: Statistic): Sql {
  const found = steps.get(stepName(key, statistic));
  if (found) return found;
  throw new CapstanError("CAP-TRACK-002", { what: "key", problem: `'metrics.${stepName(key, statistic)}' can be no list of values` });
}

/** With a limit SQLite makes a table of it once; of ids that are texts by their type, an index, too. Without either a join costs the square of the rows. */
export function rowsSql(dialect: Database["dialect"], values: ReadonlyMap<string, number>): Sql {
  const infinite = dialect === "sqlite" ? "9e999" : `"Infinity"`;
  const minus = dialect === "sqlite" ? "-9e999" : `"-Infinity"`;
  const word = (value: number): string =>
    Number.isNaN(value) ? "0,1" : `${Number.isFinite(value) ? JSON.stringify(value) : value > 0 ? infinite : minus},0`;
  const json = `[${Array.from(values, ([run, value]) => `["${run}",${word(value)}]`).join()}]`;
  return dialect === "sqlite"
    ? sql("(select cast(value ->> 0 as TEXT) as run_id, value ->> 1 as value, value ->> 2 as is_nan from json_each(?) limit -1)", json)
    : sql(
        "(select e.value ->> 0 as run_id, cast(e.value ->> 1 as double precision) as value, cast(e.value ->> 2 as bigint) as is_nan from json_array_elements(cast(? as json)) e)",
        json,
      );
}
