import type { CheckResult } from "@capstan/contract";
import { toCapstanError } from "../../base/foundation/errors.ts";
import type { Analytics } from "../data/analytics.ts";
import type { Cell, TableRow } from "../data/analytics-message.ts";
import { isModelTest, type ModelTest, modelTest, readScores } from "./model-tests.ts";
import type { Finding, ScoreColumns } from "./model.ts";
import { distributionSkew, duplicates, overlap, type PairContext, rowJoinSkew, timeLeakage, unitScale } from "./pair-tests.ts";
import type { Prepared } from "./prepare.ts";
import { settle } from "./rules.ts";
import { type ScanTest, scanTest } from "./scan-tests.ts";
import { schemaTest } from "./schema-test.ts";
import { ask, fromSql, numberedSql, sampleLimit } from "./table-sql.ts";

export type Surroundings = { analytics: Analytics; nowMs: number; columns: ScoreColumns; tempFolder: string; token: string };

const failed = (error: unknown): Finding => {
  const known = toCapstanError(error);
  return { verdict: "error", observed: null, bound: null, rows: null, detail: known.message };
};

/** Asks all tests; one that cannot be asked has the verdict error and takes no other with it. Results come in the order of the tests. */
export async function execute(tests: readonly Prepared[], around: Surroundings): Promise<CheckResult[]> {
  const findings = new Map<Prepared, readonly Finding[]>();
  const open = tests.filter((one) => {
    if (one.finding) findings.set(one, [one.finding]);
    return !one.finding;
  });
  const scans = open.flatMap((one) => {
    const scan = scanTest(one.test, one.table);
    return scan ? [{ one, scan }] : [];
  });
  // One scan for all tests that are about the same rows.
  for (const group of Map.groupBy(scans, ({ one }) => `${one.table.source.paths.join("\n")}\n${one.table.filter ?? ""}`).values()) {
    for (const [one, finding] of await scanTogether(group, around)) findings.set(one, [finding]);
  }
  const models = open.filter((one) => isModelTest(one.test));
  for (const group of Map.groupBy(models, (one) => `${one.table.source.paths.join("\n")}\n${one.table.filter ?? ""}`).values()) {
    for (const [one, found] of await modelsTogether(group, around)) findings.set(one, found);
  }
  for (const one of open) if (!findings.has(one)) findings.set(one, [await pair(one, around).catch(failed)]);
  return tests.flatMap((one) => (findings.get(one) ?? []).map((finding) => settle(one.test, one.id, one.where, finding)));
}

type Scanned = { one: Prepared; scan: ScanTest };

async function scanTogether(group: readonly Scanned[], around: Surroundings): Promise<Map<Prepared, Finding>> {
  const found = new Map<Prepared, Finding>();
  const [first] = group;
  if (!first) return found;
  const expressions = group.flatMap(({ scan }, i) => Object.entries(scan.aggregates).map(([name, sql]) => `${sql} as t${i}_${name}`));
  try {
    const [[row = {}] = []] = await ask(
      around.analytics,
      [first.one.table],
      [{ sql: `select count(*) as rows${expressions.map((sql) => `, ${sql}`).join("")} from ${fromSql(first.one.table)}` }],
    );
    group.forEach(({ one, scan }, i) => {
      const own: TableRow = { rows: row["rows"] ?? 0 };
      for (const name of Object.keys(scan.aggregates)) own[name] = row[`t${i}_${name}`] ?? null;
      found.set(one, scan.decide(own, around.nowMs));
    });
  } catch (error) {
    if (group.length === 1) return new Map([[first.one, failed(error)]]);
    // A test that the engine refuses must not hide the others.
    for (const single of group) for (const [one, finding] of await scanTogether([single], around)) found.set(one, finding);
    return found;
  }
  const broken = group.filter(({ one, scan }) => scan.breaks !== undefined && found.get(one)?.verdict === "fail");
  for (const { one, scan } of broken) {
    const finding = found.get(one);
    if (finding) found.set(one, { ...finding, samples: await samplesOf(one, scan.breaks ?? "false", around) });
  }
  return found;
}

async function samplesOf(one: Prepared, breaks: string, around: Surroundings): Promise<Record<string, Cell>[]> {
  const limit = one.test.samples ?? sampleLimit;
  if (limit === 0) return [];
  const [rows = []] = await ask(
    around.analytics,
    [one.table],
    [{ sql: `select * from ${numberedSql(one.table)} where ${breaks} limit ${limit}` }],
  ).catch(() => []);
  return rows;
}

async function modelsTogether(group: readonly Prepared[], around: Surroundings): Promise<Map<Prepared, readonly Finding[]>> {
  const [first] = group;
  if (!first) return new Map();
  const tests = group.map((one) => one.test as ModelTest);
  try {
    const scores = await readScores(around.analytics, first.table, tests, around.columns);
    return new Map(group.map((one) => [one, modelTest(one.test as ModelTest, scores, around.columns)]));
  } catch (error) {
    return new Map(group.map((one) => [one, [failed(error)]]));
  }
}

async function pair({ test, id, table, against }: Prepared, around: Surroundings): Promise<Finding> {
  const context: PairContext = {
    analytics: around.analytics,
    table,
    against,
    samples: test.samples ?? sampleLimit,
    tempFolder: around.tempFolder,
    token: around.token,
  };
  switch (test.kind) {
    case "schema":
      return schemaTest(test, table.columns);
    case "duplicates":
    case "unique":
      return duplicates(test, context);
    case "unit_scale":
      return unitScale(test, context);
    case "time_leakage":
      return timeLeakage(test, id, context);
    case "overlap_train_test":
      return overlap(test, id, context);
    case "row_join_skew":
      return rowJoinSkew(test, id, context);
    case "distribution_skew":
      return distributionSkew(test, id, context);
    default:
      return { verdict: "error", observed: null, bound: null, rows: null, detail: `nothing asks a test of kind ${test.kind}` };
  }
}
