import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { type CheckResult, worstVerdict } from "@capstan/contract";
import type { TestConfig } from "@capstan/contract/config";
import type { Caller } from "../../base/foundation/caller.ts";
import { CapstanError } from "../../base/foundation/errors.ts";
import { digestOfJson } from "../../base/foundation/hashing.ts";
import type { Json } from "../../base/foundation/canonical-json.ts";
import type { LineageNode } from "../../base/record/model.ts";
import type { Store } from "../../base/record/store.ts";
import type { Analytics } from "../data/analytics.ts";
import { checkExpression } from "../data/expression.ts";
import { type DataService, versionName } from "../data/model.ts";
import { splitRef } from "../data/rules.ts";
import { execute } from "./execute.ts";
import { defaultColumns } from "./model-tests.ts";
import type { Against, CheckRuns, ChecksService, Ended, ResultSet, SuiteRun, Table } from "./model.ts";
import { type Prepared, prepareTest } from "./prepare.ts";
import { countsOf, idsOf } from "./rules.ts";
import { findSet, insertSet, listSets, listSuites, resultsOf } from "./store.ts";
import { openTable } from "./table-sql.ts";

export type ChecksDeps = {
  store: Store;
  analytics: Analytics;
  data: DataService;
  runs?: CheckRuns;
  /** Bytes behind references that are not datasets, such as `step:prepare.train`; undefined when there are none yet. */
  resolve?: (project: string, reference: string) => Promise<Against | undefined>;
};

export function createChecksService(deps: ChecksDeps): ChecksService {
  const { store, analytics } = deps;
  const work = join(store.folder, "work");

  const referenceOf = async (project: string, reference: string): Promise<Against | undefined> => {
    if (!reference.startsWith("data:")) return deps.resolve?.(project, reference);
    const { dataset, ref } = splitRef(reference);
    if (!(await deps.data.find(project, dataset, ref))) return undefined;
    const { version, source } = await deps.data.resolve(project, reference);
    return source ? { name: `data:${version.dataset}@${versionName(version.number)}`, ...source, digest: version.digest } : undefined;
  };

  const prepare = async (suite: SuiteRun): Promise<Prepared[]> => {
    const { subject } = suite;
    const about = subject.kind === "model" ? (suite.against ?? subject) : subject;
    if (!about.paths)
      throw new CapstanError("CAP-CHECK-005", {
        subject: subject.name,
        problem: subject.kind === "model" ? "name rows with truth as `against`" : "it has no files",
      });
    const table = await openTable(analytics, { ...about, paths: about.paths }, suite.filter);
    if (suite.filter !== undefined)
      await checkExpression(
        analytics,
        table.source,
        suite.filter,
        (problem) => new CapstanError("CAP-CHECK-003", { test: `filter of ${suite.suite}`, problem }),
      );
    const against = suite.against && subject.kind !== "model" ? await openTable(analytics, suite.against) : undefined;
    const references = new Map<string, Table | undefined>();
    const againstOf = async (test: TestConfig): Promise<Table | undefined> => {
      if (test.kind !== "unit_scale" || test.against === undefined) return against;
      const name = String(test.against);
      if (!references.has(name)) {
        const found = await referenceOf(suite.project, name);
        references.set(name, found && (await openTable(analytics, found)));
      }
      return references.get(name);
    };
    const ids = idsOf(suite.tests);
    const declared = new Set(suite.tests.flatMap((test) => (test.kind === "schema" ? Object.keys(test.columns) : [])));
    const prepared: Prepared[] = [];
    for (const [i, test] of suite.tests.entries()) {
      const one: Prepared = { test, id: ids[i] ?? test.kind, where: suite.where?.[i] ?? null, table, against: await againstOf(test) };
      prepared.push(await prepareTest(one, declared, { ...defaultColumns, ...suite.columns }, analytics));
    }
    return prepared;
  };

  const record = async (
    set: ResultSet,
    results: readonly CheckResult[],
    used: readonly { name: string; digest: string | null }[],
    caller: Caller,
  ): Promise<void> => {
    const node = `check:${set.id}`;
    const blobs = [...new Map(used.flatMap((one) => (one.digest === null ? [] : [[one.digest, one.name]]))).entries()];
    const nodes: LineageNode[] = [
      {
        id: node,
        kind: "check",
        title: `${set.suite} on ${set.subject}`,
        digest: digestOfJson(results as unknown as Json),
        facts: { verdict: set.verdict, suite: set.suite },
      },
      ...blobs.map(([digest, name]): LineageNode => ({ id: `blob:${digest}`, kind: "blob", title: `bytes of ${name}`, digest, facts: {} })),
    ];
    const edges = blobs.map(([digest]) => ({
      from: node,
      to: `blob:${digest}`,
      relation: digest === set.subjectDigest ? "about" : "against",
    }));
    for (const one of used)
      if (/^(data|model):[^@]+@v\d+$/.test(one.name))
        edges.push({ from: node, to: one.name, relation: one.name === set.subject ? "about" : "against" });
    if (set.runId !== null) edges.push({ from: node, to: `run:${set.runId}`, relation: "made by" });
    await store.recorder.commit(
      [...insertSet(set, results), ...store.recorder.lineage(nodes, edges, set.project)],
      [
        {
          id: set.entryId,
          action: "check.ended",
          subject: { type: "check", id: set.id, digest: nodes[0]?.digest ?? "" },
          project: set.project,
          actor: caller.actor,
          outcome: set.verdict,
          ...(set.because !== null && { because: set.because }),
          payload: {
            suite: set.suite,
            subject: set.subject,
            subjectDigest: set.subjectDigest,
            against: set.against,
            run: set.runId,
            verdicts: results.map(({ id, verdict, observed, bound, rows }) => ({ id, verdict, observed, bound, rows })),
          },
        },
      ],
    );
    store.events.emit("changed", { project: set.project, kind: "check", id: set.id });
  };

  const run = async (suite: SuiteRun, caller: Caller): Promise<Ended> => {
    const startedMs = store.clock.nowMs();
    const because = suite.because ?? caller.because;
    await mkdir(work, { recursive: true });
    const tests = await prepare(suite);
    const runId =
      (await deps.runs?.begin(
        { project: suite.project, suite: suite.suite, subject: suite.subject.name, startedMs, ...(because !== undefined && { because }) },
        caller,
      )) ?? null;
    const results = await execute(tests, {
      analytics,
      nowMs: startedMs,
      columns: { ...defaultColumns, ...suite.columns },
      tempFolder: work,
      token: store.ids.hex(),
    });
    const endedMs = store.clock.nowMs();
    const others = [
      ...new Map(
        [
          ...(suite.against ? [{ name: suite.against.name, digest: suite.against.digest ?? null }] : []),
          ...tests.flatMap((one) => (one.against ? [{ name: one.against.name, digest: one.against.digest }] : [])),
        ].map((one) => [one.name, one]),
      ).values(),
    ];
    const set: ResultSet = {
      project: suite.project,
      id: store.ids.ulid(),
      suite: suite.suite,
      subject: suite.subject.name,
      subjectKind: suite.subject.kind,
      subjectDigest: suite.subject.digest ?? null,
      against: others,
      // What a rule skipped was not asked: it takes nothing from the verdict of the rest.
      verdict: worstVerdict(results.flatMap((result) => (result.verdict === "skipped" ? [] : [result.verdict]))),
      counts: countsOf(results),
      runId,
      entryId: store.recorder.newEntryId(),
      because: because ?? null,
      startedMs,
      seconds: (endedMs - startedMs) / 1000,
      actor: caller.actor.name,
    };
    const used = [{ name: set.subject, digest: set.subjectDigest }, ...others];
    if (runId !== null) {
      const measured = results.flatMap((result) => (typeof result.observed === "number" ? [[result.id, result.observed] as const] : []));
      const metrics = Object.fromEntries([
        ...measured,
        ...Object.entries(set.counts).map(([verdict, n]) => [`tests.${verdict}`, n] as const),
      ]);
      const inputs = used.flatMap((one, i) =>
        one.digest === null
          ? []
          : [
              {
                name: i === 0 ? "subject" : `against${i}`,
                node: one.name.includes("@v") ? one.name : `blob:${one.digest}`,
                digest: one.digest,
              },
            ],
      );
      await deps.runs?.end(runId, { verdict: set.verdict, metrics, inputs, endedMs, wallSeconds: set.seconds }, caller);
    }
    await record(set, results, used, caller);
    return { ...set, results };
  };

  return {
    run,
    async get(project, id) {
      const set = await findSet(store.database, project, id);
      if (!set) throw new CapstanError("CAP-NOT-FOUND-001", { noun: "check", name: id });
      return { ...set, results: (await resultsOf(store.database, project, [id])).get(id) ?? [] };
    },
    list: (project, filter, limit, before) => listSets(store.database, project, filter, limit, before),
    suites: (project) => listSuites(store.database, project),
    results: (project, ids) => resultsOf(store.database, project, ids),
  };
}
