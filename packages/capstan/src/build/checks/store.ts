import type { CheckResult, Verdict } from "@capstan/contract";
import type { SubjectKind } from "@capstan/contract/operations/checks";
import { canonicalJson, type Json } from "../../base/foundation/canonical-json.ts";
import { type Change, type Database, insert } from "../../base/storage/database.ts";
import type { ResultSet, SetFilter } from "./model.ts";

type SetRow = {
  project: string;
  id: string;
  suite: string;
  subject: string;
  subject_kind: SubjectKind;
  subject_digest: string | null;
  against: string;
  verdict: Verdict;
  counts: string;
  run_id: string | null;
  entry_id: string;
  because: string | null;
  started_ms: number;
  seconds: number;
  actor: string;
};

const setOf = (row: SetRow): ResultSet => ({
  project: row.project,
  id: row.id,
  suite: row.suite,
  subject: row.subject,
  subjectKind: row.subject_kind,
  subjectDigest: row.subject_digest,
  against: JSON.parse(row.against),
  verdict: row.verdict,
  counts: JSON.parse(row.counts),
  runId: row.run_id,
  entryId: row.entry_id,
  because: row.because,
  startedMs: row.started_ms,
  seconds: row.seconds,
  actor: row.actor,
});

export const insertSet = (set: ResultSet, results: readonly CheckResult[]): Change => [
  insert("check_result_set", {
    project: set.project,
    id: set.id,
    suite: set.suite,
    subject: set.subject,
    subject_kind: set.subjectKind,
    subject_digest: set.subjectDigest,
    against: canonicalJson(set.against),
    verdict: set.verdict,
    counts: canonicalJson(set.counts),
    run_id: set.runId,
    entry_id: set.entryId,
    because: set.because,
    started_ms: set.startedMs,
    seconds: set.seconds,
  }),
  ...results.map((result, position) =>
    insert("check_result", {
      project: set.project,
      set_id: set.id,
      position,
      test_id: result.id,
      kind: result.kind,
      verdict: result.verdict,
      result: canonicalJson(result as unknown as Json),
    }),
  ),
];

/** The name behind the entry, or its pseudonym once the name was erased. */
const select =
  "select s.*, coalesce(p.name, e.pid, '') as actor from check_result_set s left join entry e on e.id = s.entry_id left join pseudonym p on p.pid = e.pid";

export const findSet = async (database: Database, project: string, id: string): Promise<ResultSet | undefined> => {
  const row = await database.find<SetRow>(`${select} where s.project = ? and s.id = ?`, [project, id]);
  return row && setOf(row);
};
/** Newest first: ids are sorted by time of making. */
export const listSets = async (
  database: Database,
  project: string,
  filter: SetFilter,
  limit: number,
  before?: string,
): Promise<ResultSet[]> => {
  const conditions = ["s.project = ?"];
  const params: (string | number)[] = [project];
  if (filter.subject !== undefined) {
    conditions.push("(s.subject = ? or s.subject like ?)");
    params.push(filter.subject, `${filter.subject}@%`);
  }
  if (filter.suite !== undefined) {
    conditions.push("s.suite = ?");
    params.push(filter.suite);
  }
  const digests = filter.digests ?? [];
  const either = [
    ...(digests.length === 0 ? [] : [`s.subject_digest in (${digests.map(() => "?").join(", ")})`]),
    ...(filter.run === undefined ? [] : ["s.run_id = ?"]),
  ];
  if (either.length > 0) {
    conditions.push(`(${either.join(" or ")})`);
    params.push(...digests, ...(filter.run === undefined ? [] : [filter.run]));
  }
  if (before !== undefined) {
    conditions.push("s.id < ?");
    params.push(before);
  }
  return (await database.all<SetRow>(`${select} where ${conditions.join(" and ")} order by s.id desc limit ?`, [...params, limit])).map(
    setOf,
  );
};
export const listSuites = (database: Database, project: string): Promise<{ suite: string; runs: number }[]> =>
  database.all("select suite, count(*) as runs from check_result_set where project = ? group by suite order by suite", [project]);

export async function resultsOf(database: Database, project: string, ids: readonly string[]): Promise<Map<string, CheckResult[]>> {
  const results = new Map<string, CheckResult[]>(ids.map((id) => [id, []]));
  if (ids.length === 0) return results;
  const rows = await database.all<{ set_id: string; result: string }>(
    `select set_id, result from check_result where project = ? and set_id in (${ids.map(() => "?").join(", ")}) order by set_id, position`,
    [project, ...ids],
  );
  for (const row of rows) results.get(row.set_id)?.push(JSON.parse(row.result) as CheckResult);
  return results;
}
