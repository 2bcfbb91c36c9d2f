import type { Database } from "../../../base/storage/database.ts";
import type { Lifecycle, Run } from "../model.ts";
import { artifactUriOf, inputsMessage, outputsMessage, runInfo } from "./messages.ts";
import type { Surface } from "./surface.ts";

/** A page of more of one kind, metrics, params or tags, is made part by part. */
const mostValues = 20_000;

/**
 * Runs as `runMessage` shows them, in JSON that the database puts together: what a page holds crosses threads as one text per run, and no row of it becomes an
 * object here. In the order of the ids, those that there are. For ids that fit into one statement; undefined when they hold too many values for one page.
 */
export async function runMessages({ tracking, store, artifactRoot }: Surface, ids: readonly string[]): Promise<string[] | undefined> {
  if (ids.length === 0) return [];
  const { database } = store;
  const { dialect } = database;
  const asked = asOne(dialect, ids);
  let tooMany = false;
  const textsOf = async (table: string, text: string): Promise<Map<string, string>> => {
    // One run is never too many. A page that is too large answers with nothing, as one without any does.
    const few =
      ids.length === 1
        ? ""
        : ` and (select count(*) from (select 1 from ${table} where ${among(dialect, "run_id")} limit ${mostValues + 1}) as counted) <= ${mostValues}`;
    const rows = await database.all<{ run_id: string; texts: string }>(
      `select run_id, string_agg(${text}, ',' order by key) as texts from ${table} where ${among(dialect, "run_id")}${few} group by run_id`,
      few === "" ? [asked] : [asked, asked],
    );
    if (rows.length === 0 && few !== "") {
      const held = await database.find(`select 1 as held from ${table} where ${among(dialect, "run_id")} limit 1`, [asked]);
      if (held) tooMany = true;
    }
    return new Map(rows.map((row) => [row.run_id, row.texts]));
  };
  const [runs, metrics, params, tags, inputs] = await Promise.all([
    runsOf(database, asked),
    textsOf("metric_latest", metricText(dialect)),
    textsOf("param", pairText(dialect)),
    textsOf("tag", pairText(dialect)),
    database
      .all<{ run_id: string }>(
        `select run_id from dataset_input where ${among(dialect, "run_id")} union select run_id from model_link where ${among(dialect, "run_id")}`,
        [asked, asked],
      )
      .then((rows) => tracking.inputsOf(rows.map((row) => row.run_id))),
  ]);
  if (tooMany) return undefined;
  const data = (name: string, texts: string | undefined): string[] => (texts === undefined ? [] : [`"${name}":[${texts}]`]);
  return ids.flatMap((id) => {
    const run = runs.get(id);
    if (!run) return [];
    const held = [...data("metrics", metrics.get(id)), ...data("params", params.get(id)), ...data("tags", tags.get(id))].join(",");
    const of = { datasets: inputs.datasets.get(id) ?? [], models: inputs.models.get(id) ?? [] };
    const info = JSON.stringify(runInfo(run, artifactUriOf(run, run.location, artifactRoot)));
    return `{"info":${info},"data":{${held}},"inputs":${JSON.stringify(inputsMessage(of, false))},"outputs":${JSON.stringify(outputsMessage(of.models))}}`;
  });
}

type Dialect = Database["dialect"];
/** A list of ids as one value: many values cost more to hand over than what they are for. */
const asOne = (dialect: Dialect, ids: readonly string[]): string => (dialect === "sqlite" ? JSON.stringify(ids) : ids.join(","));
const among = (dialect: Dialect, column: string): string =>
  dialect === "sqlite" ? `${column} in (select value from json_each(?))` : `${column} = any(string_to_array(?, ','))`;
const quoted = (dialect: Dialect, column: string): string => (dialect === "sqlite" ? `json_quote(${column})` : `to_json(${column})::text`);
const pairText = (dialect: Dialect): string =>
  `'{"key":' || ${quoted(dialect, "key")} || ',"value":' || ${quoted(dialect, "value")} || '}'`;

/** As `wireNumber` does. */
const metricText = (dialect: Dialect): string => {
  const greatest = String(Number.MAX_VALUE);
  const number = dialect === "sqlite" ? "number_text(value)" : "value::text";
  const value = `case when is_nan = 1 then '"NaN"' when value > ${greatest} then '${greatest}' when value < -${greatest} then '-${greatest}' else ${number} end`;
  return `'{"key":' || ${quoted(dialect, "key")} || ',"value":' || ${value} || ',"timestamp":' || time_ms || ',"step":' || step || '}'`;
};

type Shown = Parameters<typeof runInfo>[0] & { location: string | null };

/** What is shown of the runs themselves; those of a deleted experiment as deleted. */
async function runsOf(database: Database, asked: string): Promise<Map<string, Shown>> {
  type Row = {
    id: string;
    experiment_id: number;
    name: string;
    by_name: string;
    status: string;
    started_ms: number;
    ended_ms: number | null;
    lifecycle: string;
    within: string | null;
    artifact_location: string | null;
  };
  const rows = await database.all<Row>(
    `select run.id, run.experiment_id, run.name, run.by_name, run.status, run.started_ms, run.ended_ms, run.lifecycle, e.lifecycle as within, e.artifact_location
     from run left join experiment e on e.id = run.experiment_id where ${among(database.dialect, "run.id")}`,
    [asked],
  );
  return new Map(
    rows.map((row) => [
      row.id,
      {
        id: row.id,
        name: row.name,
        experimentId: String(row.experiment_id),
        by: row.by_name,
        status: row.status as Run["status"],
        startedMs: row.started_ms,
        endedMs: row.ended_ms,
        lifecycle: (row.within === "deleted" ? "deleted" : row.lifecycle) as Lifecycle,
        location: row.artifact_location,
      },
    ]),
  );
}
