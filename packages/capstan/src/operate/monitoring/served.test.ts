import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { projectConfig } from "@capstan/contract/config";
import { afterEach, expect, it } from "vitest";
import { createJobs, jobMigrations } from "../../base/storage/jobs.ts";
import { type Analytics, openAnalytics } from "../../build/data/analytics.ts";
import { logisticModel } from "../../build/inference/tiny-onnx.ts";
import { ada, openServingFixture, type ServingFixture, v2 } from "../../testing/served-store.ts";
import { normal, random } from "../../testing/watched-world.ts";
import { incidentsMigrations } from "../incidents/migrations.ts";
import { createIncidentsService } from "../incidents/service.ts";
import { monitoringMigrations } from "./migrations.ts";
import { createMonitoringService } from "./service.ts";

const week = 7 * 86_400_000;
const began = Date.parse("2024-01-01T00:00:00Z");
const rows = 200;
let fixture: ServingFixture;
let analytics: Analytics;
afterEach(async () => {
  await analytics.close();
  await fixture.close();
});

it("reads what a route really logged, joined with the truth that was told about it", async () => {
  fixture = await openServingFixture({ migrations: [...jobMigrations, ...monitoringMigrations, ...incidentsMigrations] });
  const { store, folder } = fixture.opened;
  analytics = openAnalytics({ memoryLimit: "256MB", tempFolder: join(folder, "monitor-temp") });
  const next = random(7);
  const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
  const weekOf = (index: number, shift = 0) =>
    Array.from({ length: rows }, (_, i) => {
      const a = 0.1 * Math.sin(index) + shift + normal(next);
      return { at: began + index * week + Math.floor(((i + 0.5) * week) / rows), a, late: next() < sigmoid(a) ? 1 : 0 };
    });
  const from = join(folder, "reference.ndjson");
  const path = join(folder, "reference.parquet");
  await writeFile(
    from,
    Array.from({ length: 10 }, (_, index) => weekOf(index))
      .flat()
      .map((row) => JSON.stringify({ ...row, score: sigmoid(row.a) }))
      .join("\n"),
  );
  await analytics.all(
    `copy (select make_timestamp("at" * 1000) as date, a, late, score from read_json('${from}', format = 'newline_delimited')) to '${path}' (format parquet)`,
  );

  await fixture.route();
  await fixture.live(await fixture.register(logisticModel({ a: 1 }, 0)));
  const live = [...weekOf(10), ...weekOf(11, 6)];
  const keys = live.map((_, i) => `flight "${i}", late?`);
  const send = async (some: typeof live, use: string, at: number) => {
    const reply = await fixture.post(
      "/v2/models/late-arrival/infer",
      v2(
        { a: some.map((row) => row.a) },
        { keys: keys.slice(at, at + some.length), observed: some.map((row) => new Date(row.at).toISOString()) },
      ),
      { "capstan-use": use },
    );
    expect(reply.status).toBe(200);
  };
  for (let at = 0; at < live.length; at += 50) await send(live.slice(at, at + 50), "replay", at);
  // Outside of what is watched, whatever it holds.
  await send(
    live.slice(0, 50).map((row) => ({ ...row, a: 50 })),
    "release",
    0,
  );
  await fixture.serving.appendLabels(
    "default",
    "late-arrival",
    live.map((row, i) => ({ key: keys[i]!, value: row.late, observedMs: row.at + 1000 })),
  );

  const config = projectConfig.parse({
    purpose: { decision: "late?", positive: "late = 1", time: "date" },
    checks: { quality: { for: "model:late-arrival", truth: "late", tests: [{ kind: "metric", metric: "auc" }] } },
    routes: { "late-arrival": { model: "late-arrival", labels: { delay: "1h" } } },
    monitors: {
      inputs: {
        for: "route:late-arrival",
        against: "step:backtest.reference",
        window: "7d",
        tests: [
          { kind: "drift", columns: "*" },
          { kind: "prediction_drift" },
          { kind: "prior_shift" },
          { kind: "realized_performance", metric: "auc" },
        ],
      },
    },
  });
  const configs = { config: async () => config };
  const monitoring = createMonitoringService({
    store,
    analytics,
    configs,
    jobs: createJobs(store),
    incidents: createIncidentsService({ store, configs }),
    predictions: fixture.serving,
    registry: fixture.registry,
    reference: { resolve: async () => ({ paths: [path], digest: "1".repeat(64), name: "step:backtest.reference" }) },
  });
  const { windows } = await monitoring.evaluate("default", began + 12 * week + 3_600_000, ada);
  expect(windows).toBe(2);
  const [same, moved] = await monitoring.windows("default", "inputs");
  expect(same).toMatchObject({ startMs: began + 10 * week, rows, labels: rows, mature: true });
  expect(same!.verdict).not.toBe("fail");
  expect(moved).toMatchObject({ rows, labels: rows, verdict: "fail" });
  const shares = same!.cells.find((cell) => cell.series === "realised:label-share")!;
  expect(shares.value).toBeCloseTo(live.slice(0, rows).reduce((sum, row) => sum + row.late, 0) / rows, 9);
  const mean = same!.cells.find((cell) => cell.series === "prediction:mean")!;
  expect(mean.value).toBeCloseTo(live.slice(0, rows).reduce((sum, row) => sum + sigmoid(row.a), 0) / rows, 5);
  expect((await monitoring.alerts("default")).map((alert) => alert.kind)).toEqual(["prior"]);
});
