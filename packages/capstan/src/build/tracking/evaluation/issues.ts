import type { Caller } from "../../../base/foundation/caller.ts";
import { CapstanError } from "../../../base/foundation/errors.ts";
import type { Store } from "../../../base/record/store.ts";
import { insert } from "../../../base/storage/database.ts";
import { bytewise, compared, type OrderPart, sql } from "../search/compile.ts";
import { among, searchPage } from "../search/page.ts";
import { listText, numbers, textWord, typedFilter, type Vocabulary } from "../search/vocabulary.ts";

/** Something that is wrong with what an experiment's traces show. */
export type Issue = {
  id: string;
  project: string;
  experimentId: string;
  name: string;
  description: string;
  status: string;
  severity: string | null;
  rootCauses: string[];
  categories: string[];
  sourceRunId: string | null;
  createdBy: string | null;
  createdMs: number;
  updatedMs: number;
};
type IssueRow = {
  id: string;
  project: string;
  experiment_id: number;
  name: string;
  description: string;
  status: string;
  severity: string | null;
  root_causes: string;
  categories: string;
  source_run_id: string | null;
  created_by: string | null;
  created_ms: number;
  updated_ms: number;
};
const issueOf = (row: IssueRow): Issue => ({
  id: row.id,
  project: row.project,
  experimentId: String(row.experiment_id),
  name: row.name,
  description: row.description,
  status: row.status,
  severity: row.severity,
  rootCauses: JSON.parse(row.root_causes) as string[],
  categories: JSON.parse(row.categories) as string[],
  sourceRunId: row.source_run_id,
  createdBy: row.created_by,
  createdMs: row.created_ms,
  updatedMs: row.updated_ms,
});

const columns: Readonly<Record<string, string>> = {
  status: "i.status",
  severity: "i.severity",
  name: "i.name",
  created_by: "i.created_by",
  source_run_id: "i.source_run_id",
  created_timestamp: "i.created_ms",
};
const vocabulary: Vocabulary = {
  entities: { attribute: "attribute", attributes: "attribute", issue: "attribute" },
  open: {},
  closed: {
    attribute: {
      status: listText,
      severity: listText,
      name: textWord,
      created_by: textWord,
      source_run_id: listText,
      created_timestamp: numbers,
    },
  },
};

export function createIssues(store: Store) {
  const { database, recorder, clock, ids } = store;
  const entry = (issue: Issue, action: string, caller: Caller) => ({
    action,
    subject: { type: "issue", id: issue.id },
    project: issue.project,
    actor: caller.actor,
    outcome: issue.status,
    payload: { name: issue.name, experiment: issue.experimentId, severity: issue.severity },
    ...(caller.because !== undefined && { because: caller.because }),
  });
  async function get(id: string): Promise<Issue> {
    const row = await database.find<IssueRow>("select * from issue where id = ?", [id]);
    if (!row) throw new CapstanError("CAP-NOT-FOUND-001", { noun: "issue", name: id });
    return issueOf(row);
  }
  return {
    get,
    async create(one: Omit<Issue, "id" | "createdMs" | "updatedMs">, caller: Caller): Promise<Issue> {
      const nowMs = clock.nowMs();
      const issue: Issue = { ...one, id: `iss-${ids.hex()}`, createdMs: nowMs, updatedMs: nowMs };
      await recorder.commit(
        [
          insert("issue", {
            id: issue.id,
            project: issue.project,
            experiment_id: Number(issue.experimentId),
            name: issue.name,
            description: issue.description,
            status: issue.status,
            severity: issue.severity,
            root_causes: JSON.stringify(issue.rootCauses),
            categories: JSON.stringify(issue.categories),
            source_run_id: issue.sourceRunId,
            created_by: issue.createdBy,
            created_ms: nowMs,
            updated_ms: nowMs,
          }),
        ],
        [entry(issue, "issue.created", caller)],
      );
      return issue;
    },
    async change(id: string, change: Partial<Pick<Issue, "name" | "description" | "status" | "severity">>, caller: Caller): Promise<Issue> {
      const issue: Issue = { ...(await get(id)), ...change, updatedMs: clock.nowMs() };
      await recorder.commit(
        [
          {
            sql: "update issue set name = ?, description = ?, status = ?, severity = ?, updated_ms = ? where id = ?",
            params: [issue.name, issue.description, issue.status, issue.severity, issue.updatedMs, id],
            guard: { rows: 1, noun: "issue", name: id },
          },
        ],
        [entry(issue, "issue.changed", caller)],
      );
      return issue;
    },
    /** Newest first. */
    async search(search: {
      experimentId?: string | undefined;
      filter?: string | undefined;
      limit: number;
      pageToken?: string | undefined;
      projects?: readonly string[] | undefined;
    }): Promise<{ issues: Issue[]; next: string | undefined }> {
      const { dialect } = database;
      const parts: OrderPart[] = [
        { expression: sql("i.created_ms"), descending: true },
        { expression: sql(bytewise(dialect, "i.id")), descending: true },
      ];
      const { page, next } = await searchPage<IssueRow>(database, {
        table: "issue i",
        where: [
          ...typedFilter(search.filter ?? "", vocabulary).map((one) => compared(dialect, columns[one.key] ?? "i.id", one)),
          ...(search.experimentId === undefined ? [] : [sql("i.experiment_id = ?", Number(search.experimentId))]),
          ...among("i.project", search.projects),
        ],
        order: parts,
        question: [search.experimentId ?? null, search.filter ?? ""],
        limit: search.limit,
        pageToken: search.pageToken,
      });
      return { issues: page.map(issueOf), next };
    },
  };
}
