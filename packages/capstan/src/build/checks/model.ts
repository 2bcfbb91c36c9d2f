import type { CheckResult, Verdict } from "@capstan/contract";
import type { TestConfig } from "@capstan/contract/config";
import type { SubjectKind } from "@capstan/contract/operations/checks";
import type { Caller } from "../../base/foundation/caller.ts";
import type { Cell } from "../data/analytics-message.ts";
import type { ColumnSchema } from "../data/profile.ts";
import type { TableFormat, TableSource } from "../data/table.ts";

/** Bytes that a suite is asked of. `name` is a reference such as `data:flights@v1`, `step:prepare.test`, `model:late-arrival@v2`. */
export type Subject = {
  kind: SubjectKind;
  name: string;
  /** Files that read as one table; none for a model. */
  paths?: readonly string[];
  digest?: string | null;
  /** What they read as, where neither bytes nor the name of a file tell: a kept CSV has no extension. */
  format?: TableFormat;
};
export type Against = { name: string; paths: readonly string[]; digest?: string | null; format?: TableFormat };

/** Columns of rows with truth. */
export type ScoreColumns = { truth: string; score: string; baseline: string; champion: string };

export type SuiteRun = {
  project: string;
  suite: string;
  tests: readonly TestConfig[];
  subject: Subject;
  /** Training rows for tests of data; rows with truth and score for tests of a model. */
  against?: Against;
  /** SQL over a row: only these rows are tested. */
  filter?: string;
  columns?: Partial<ScoreColumns>;
  /** Where each test is written, `capstan.yaml:44:9`. */
  where?: readonly (string | null)[];
  because?: string;
};

export type ResultSet = {
  project: string;
  id: string;
  suite: string;
  subject: string;
  subjectKind: SubjectKind;
  subjectDigest: string | null;
  against: { name: string; digest: string | null }[];
  verdict: Verdict;
  counts: Record<Verdict, number>;
  runId: string | null;
  entryId: string;
  because: string | null;
  startedMs: number;
  seconds: number;
  actor: string;
};

export type Ended = ResultSet & { results: readonly CheckResult[] };
export type SetFilter = {
  subject?: string | undefined;
  suite?: string | undefined;
  /** Of either of these. */
  digests?: readonly string[] | undefined;
  run?: string | undefined;
};

export type ChecksService = {
  /** Asks every test, records the verdicts as an entry `check.ended` and as a run of kind check. A failing test is an answer, not an error. */
  run(suite: SuiteRun, caller: Caller): Promise<Ended>;
  get(project: string, id: string): Promise<Ended>;
  /** Newest first; `before` is the id of the last set of the page before. `subject` may be the beginning of one. */
  list(project: string, filter: SetFilter, limit: number, before?: string): Promise<ResultSet[]>;
  suites(project: string): Promise<{ suite: string; runs: number }[]>;
  results(project: string, ids: readonly string[]): Promise<Map<string, CheckResult[]>>;
};

/** Every run of a suite is a run of kind check; where the runs are kept is for another room to say. */
export type CheckRuns = {
  begin(run: { project: string; suite: string; subject: string; startedMs: number; because?: string }, caller: Caller): Promise<string>;
  end(
    runId: string,
    end: {
      verdict: Verdict;
      metrics: Readonly<Record<string, number>>;
      inputs: readonly { name: string; node: string; digest: string | null }[];
      endedMs: number;
      wallSeconds: number;
    },
    caller: Caller,
  ): Promise<void>;
};

/** A table that tests can ask: bytes with their columns, and only the rows that the suite is about. */
export type Table = {
  name: string;
  source: TableSource;
  digest: string | null;
  columns: readonly ColumnSchema[];
  filter: string | undefined;
};

/** What a test found, before severity and identity are added. */
export type Finding = {
  verdict: Verdict;
  observed: number | string | null;
  bound: string | null;
  interval?: [number, number] | null;
  rows: number | null;
  detail: string;
  samples?: Record<string, Cell>[];
  /** For tests that give several results: what this one is about. */
  part?: string;
};
