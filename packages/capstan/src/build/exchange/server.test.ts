import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Caller } from "../../base/foundation/caller.ts";
import { createOutbound } from "../../base/foundation/outbound.ts";
import { createJobs, jobMigrations } from "../../base/storage/jobs.ts";
import { openMlflowServer } from "../../testing/mlflow-server.ts";
import {
  filledEvaluationDataset,
  filledTraces,
  fillMlflowDatabase,
  fillMlflowEvaluation,
  fillMlflowTraces,
  openMlflowDatabase,
  runIdOf,
} from "../../testing/mlflow-sources.ts";
import { openTestStore } from "../../testing/store.ts";
import { registryMigrations } from "../registry/migrations.ts";
import { registryRoutes } from "../registry/mlflow/routes.ts";
import { createRegistryService } from "../registry/service.ts";
import { createSecretBox } from "../registry/webhooks/secret.ts";
import { createWebhooks } from "../registry/webhooks/service.ts";
import { trackingMigrations } from "../tracking/migrations.ts";
import { mlflowRoutes } from "../tracking/mlflow/routes.ts";
import { createTrackingService } from "../tracking/service.ts";
import { traceRoutes } from "../tracking/traces/routes.ts";
import { exportMlflow } from "./export/export.ts";
import { importMlflow } from "./import/import.ts";
import { heldTraces } from "../tracking/imported/traces.ts";
import { digestOfTrace } from "./rules.ts";
import { exchangeMigrations } from "./migrations.ts";
import { openSource, type SourceOptions } from "./sources/open.ts";

const caller: Caller = {
  actor: { kind: "person", name: "local:ada" },
  via: "session",
  roles: [],
  capabilities: new Set(["read", "log", "admin"]),
};
const [project, signal, tell] = ["default", new AbortController().signal, (): void => undefined];

/** A store that speaks MLflow's protocol, as any server of MLflow does. */
async function openServed() {
  const open = await openTestStore([...jobMigrations, ...trackingMigrations, ...registryMigrations, ...exchangeMigrations]);
  const { store } = open;
  const tracking = createTrackingService({ store });
  const webhooks = createWebhooks({
    store,
    outbound: createOutbound({ schemes: ["https"], allowPrivate: false }),
    box: createSecretBox(() => "key"),
    settings: { timeoutMs: 1000, retries: 0 },
    lanes: [createJobs(store)],
  });
  const registry = createRegistryService({ store, announcer: webhooks.announcer });
  const surface = { tracking, store, home: project };
  const asked = new Set<string | undefined>();
  const server = await openMlflowServer(
    [...mlflowRoutes(surface), ...traceRoutes(surface), ...registryRoutes({ ...surface, registry, webhooks })],
    (token) => {
      asked.add(token);
      return caller;
    },
  );
  return {
    store,
    url: server.url,
    tracking,
    registry,
    /** Tokens that came with requests. */
    asked,
    async bring(options: SourceOptions, again = false) {
      const source = await openSource(options);
      try {
        return await importMlflow({ store, tracking, registry, source, project, plan: false, again, signal, tell }, caller);
      } finally {
        await source.close();
      }
    },
    write: (to: string) => exportMlflow({ store, tracking, registry, project, plan: false, to, credentials: {}, signal, tell }, caller),
    async close() {
      await server.close();
      await tracking.idle();
      await open.close();
    },
  };
}
let folder: string;
let stores: Awaited<ReturnType<typeof openServed>>[];
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "capstan-served-"));
  stores = [await openServed(), await openServed()];
});
afterEach(async () => {
  for (const one of stores) await one.close();
  rmSync(folder, { recursive: true, force: true });
});

async function filled() {
  const [a, b] = stores;
  if (!a || !b) throw new Error("two stores are needed");
  const database = openMlflowDatabase(join(folder, "mlflow.db"));
  fillMlflowDatabase(database, folder, 130);
  fillMlflowTraces(database, folder);
  fillMlflowEvaluation(database);
  database.close();
  await a.bring({ from: join(folder, "mlflow.db") });
  return { a, b };
}

test("a server gives what its database gave: ids, times, whole histories, artifacts and the registry", async () => {
  const { a, b } = await filled();
  const result = await b.bring({ from: a.url, token: "secret" });
  expect(result.left).toEqual([]);
  expect([...a.asked]).toEqual(["secret"]);
  expect(result).toMatchObject({
    taken: {
      experiments: 1,
      runs: 130,
      traces: 2,
      spans: 3,
      assessments: 2,
      "evaluation datasets": 1,
      "evaluation records": 2,
      "metric points": 130 * 20 + 2,
      "artifact files": 2,
      "logged models": 1,
      "registered models": 1,
    },
    conflicts: [],
    differing: 0,
  });
  expect(JSON.stringify(result)).not.toContain("secret");
  const [mine, theirs] = [await b.tracking.getRun(runIdOf(1)), await a.tracking.getRun(runIdOf(1))];
  expect([mine.params, mine.startedMs, mine.endedMs, mine.datasets, mine.models]).toEqual([
    theirs.params,
    theirs.startedMs,
    theirs.endedMs,
    theirs.datasets,
    theirs.models,
  ]);
  expect(await b.tracking.artifacts(mine.id)).toEqual(await a.tracking.artifacts(mine.id));
  expect((await b.registry.versions(project, "late")).map((one) => [one.number, one.digest])).toEqual(
    (await a.registry.versions(project, "late")).map((one) => [one.number, one.digest]),
  );
  expect((await heldTraces(b.store, filledTraces)).map((one) => digestOfTrace(one))).toEqual(
    (await heldTraces(a.store, filledTraces)).map((one) => digestOfTrace(one)),
  );
  const records = (one: typeof a) => one.tracking.evaluation.datasets.records(filledEvaluationDataset, 10, "");
  expect((await records(b)).map((one) => [one.id, one.content.inputs])).toEqual(
    (await records(a)).map((one) => [one.id, one.content.inputs]),
  );
  expect(await b.bring({ from: a.url })).toMatchObject({ taken: {}, updated: {}, entry: null });
});

test("what is written to a server is there once, compared, and tells which run was which", async () => {
  const { a, b } = await filled();
  expect(await a.write(b.url)).toMatchObject({
    taken: { runs: 130, "logged models": 1, "model versions": 1, traces: 2 },
    conflicts: [],
    differing: 0,
  });
  expect(await a.write(b.url)).toMatchObject({ taken: {}, same: { runs: 130, "logged models": 1, "model versions": 1, traces: 2 } });
  expect(await b.tracking.countRuns({})).toBe(130);
  const experiment = await b.tracking.experiments.findByName(project, "alpha");
  const runs = await b.tracking.listRuns({ experimentIds: [experiment?.id ?? ""] }, 200);
  const first = runs.find((run) => run.tags["capstan.runId"] === runIdOf(1));
  expect(first).toMatchObject({ params: { depth: "1" }, status: "FINISHED", startedMs: 10_001, endedMs: 20_001 });
  const [trace] = await heldTraces(b.store, filledTraces);
  expect([trace?.metadata["mlflow.sourceRun"], trace?.assessments.map((one) => one.valid)]).toEqual([first?.id, [false, true]]);
  // The parent is the one that has its id there.
  expect(runs.find((run) => run.id === first?.parentId)?.tags["capstan.runId"]).toBe(runIdOf(2));
  expect((await b.tracking.history(first?.id ?? "", "loss")).step).toHaveLength(20);
  expect((await b.tracking.artifacts(first?.id ?? "")).map((one) => [one.path, one.sizeBytes])).toEqual([
    ["plots/a b.txt", 1],
    ["report.txt", 5],
  ]);
});

test("an ended run of which a server says what it said is not read again, unless everything is", async () => {
  const { a, b } = await filled();
  await b.bring({ from: a.url });
  const second = await b.bring({ from: a.url });
  expect(second).toMatchObject({ taken: {}, same: { runs: 130, traces: 2 }, unread: { runs: 130, traces: 1 }, entry: null });
  // Points are not counted that nobody read.
  expect(second.found).not.toHaveProperty("metric points");
  expect(await b.bring({ from: a.url }, true)).toMatchObject({ same: { runs: 130 }, unread: {}, found: { "metric points": 130 * 20 + 2 } });
  const point = (step: number) => ({ metrics: [{ key: "loss", value: 3, step, timeMs: 9000 }] });
  await a.tracking.logBatch(runIdOf(5), point(100), caller);
  expect(await b.bring({ from: a.url })).toMatchObject({ updated: { runs: 1 }, unread: { runs: 129 }, differing: 0 });
  // An earlier point of a run that has ended changes nothing that a search tells.
  await a.tracking.logBatch(runIdOf(6), point(-7), caller);
  expect(await b.bring({ from: a.url })).toMatchObject({ updated: {}, unread: { runs: 130 } });
  expect(await b.bring({ from: a.url }, true)).toMatchObject({ updated: { runs: 1 }, unread: {}, differing: 0 });
  expect((await b.tracking.history(runIdOf(6), "loss")).step[0]).toBe(-7);
});

test("a server that refuses says so with its status, and nothing is half there", async () => {
  const [a, b] = stores;
  await expect(b?.bring({ from: `${a?.url}/nowhere` })).rejects.toMatchObject({ code: "CAP-EXCHANGE-003", params: { status: 404 } });
  expect(await b?.tracking.countRuns({ lifecycle: "all" })).toBe(0);
});
