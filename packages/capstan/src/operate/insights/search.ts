import type { OutputOf } from "@capstan/contract";
import type { insightsOperations } from "@capstan/contract/operations/insights";
import type { Database, SqlValue } from "../../base/storage/database.ts";

type Found = OutputOf<(typeof insightsOperations)["insights.search"]>["results"][number];
type Row = { project: string; name: string; detail: string | null };

/** What can be found, in this order; `?` stands for the text as a LIKE pattern, twice where an id counts, too. */
const finders: readonly { noun: Found["noun"]; sql: string; patterns: number; href(row: Row): string }[] = [
  {
    noun: "project",
    sql: "select name as project, name, '' as detail from project where name like ?",
    patterns: 1,
    href: (row) => `/p/${row.project}`,
  },
  {
    noun: "model",
    sql: "select distinct project, model as name, '' as detail from model_version where model like ?",
    patterns: 1,
    href: (row) => `/p/${row.project}/models/${row.name}`,
  },
  {
    noun: "version",
    sql: "select project, model || '@v' || number as name, digest as detail from model_version where digest like ? or model || '@v' || number like ?",
    patterns: 2,
    href: (row) => `/p/${row.project}/models/${row.name.replace("@", "/")}`,
  },
  {
    noun: "dataset",
    sql: "select distinct project, dataset as name, '' as detail from data_version where dataset like ? or digest like ?",
    patterns: 2,
    href: (row) => `/p/${row.project}/data/${row.name}`,
  },
  {
    noun: "release",
    sql: "select project, 'R-' || number as name, state as detail from release where 'R-' || number like ?",
    patterns: 1,
    href: (row) => `/p/${row.project}/releases/${row.name}`,
  },
  {
    noun: "incident",
    sql: "select project, 'INC-' || number as name, title as detail from incident where 'INC-' || number like ? or title like ?",
    patterns: 2,
    href: (row) => `/p/${row.project}/incidents/${row.name}`,
  },
  {
    noun: "experiment",
    sql: "select project, name, '' as detail from experiment where name like ?",
    patterns: 1,
    href: (row) => `/p/${row.project}/experiments/${row.name}`,
  },
  {
    noun: "run",
    sql: "select project, id as name, name as detail from run where id like ? or name like ?",
    patterns: 2,
    href: (row) => `/p/${row.project}/runs/${row.name}`,
  },
  {
    noun: "suite",
    sql: "select distinct project, suite as name, '' as detail from check_result_set where suite like ?",
    patterns: 1,
    href: (row) => `/p/${row.project}/checks/${row.name}`,
  },
];

/** Everything whose name, id or digest begins with the text, exact names first; at most `limit`. */
export async function search(
  database: Database,
  wanted: { q: string; project: string | undefined; limit: number; projects: readonly string[] | undefined },
): Promise<Found[]> {
  const text = wanted.q.trim();
  const pattern = `${text.replace(/[%_]/g, "")}%`;
  const found: Found[] = [];
  const among =
    wanted.project === undefined ? wanted.projects : (wanted.projects?.includes(wanted.project) ?? true) ? [wanted.project] : [];
  if (among?.length === 0) return [];
  const where = among ? ` where project in (${among.map(() => "?").join(", ")})` : "";
  for (const finder of finders) {
    const params: SqlValue[] = [...Array.from({ length: finder.patterns }, () => pattern), ...(among ?? [])];
    for (const row of await database.all<Row>(`select * from (${finder.sql}) as hits${where} order by name limit 20`, params)) {
      found.push({ noun: finder.noun, name: row.name, detail: row.detail ?? "", href: finder.href(row) });
    }
  }
  return found.sort((a, b) => Number(b.name === text) - Number(a.name === text)).slice(0, wanted.limit);
}
