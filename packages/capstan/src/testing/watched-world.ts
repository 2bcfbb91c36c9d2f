import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ProjectConfig } from "@capstan/contract/config";
import { projectConfig } from "@capstan/contract/config";
import type { Caller } from "../base/foundation/caller.ts";
import { sha256 } from "../base/foundation/hashing.ts";
import { createJobs, jobMigrations } from "../base/storage/jobs.ts";
import { type Analytics, openAnalytics } from "../build/data/analytics.ts";
import { incidentsMigrations } from "../operate/incidents/migrations.ts";
import { createIncidentsService } from "../operate/incidents/service.ts";
import { monitoringMigrations } from "../operate/monitoring/migrations.ts";
import { createMonitoringService } from "../operate/monitoring/service.ts";
import type { Segment } from "../ship/serving/model.ts";
import { servingMigrations } from "../ship/serving/migrations.ts";
import { insertLabels } from "../ship/serving/store.ts";
import { openTestStore } from "./store.ts";

const day = 86_400_000;
export const week = 7 * day;
export const project = "world";
export const route = "answers";
/** A Monday. */
export const began = Date.parse("2024-01-01T00:00:00Z");
const labelDelayMs = 12 * 3_600_000;

/** What a week of the world is like: share of positives, and what happens to its rows. */
export type Week = {
  share: number;
  change?: (row: WorldRow) => WorldRow;
  /** Rows that are not sent at all. */ without?: (row: WorldRow) => boolean;
};
export type WorldRow = { atMs: number; length: number; delay: number; town: string | null; late: number; score: number };

/** Numbers between 0 and 1, the same for the same seed. */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
export const normal = (next: () => number): number => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());

/** Rows in order of time: `length` and `town` never change by themselves, `delay` and the score go with the share of positives. */
export function rowsOfWeek(startMs: number, one: Week, count: number, next: () => number): WorldRow[] {
  const rows = Array.from({ length: count }, (_, i) => {
    const logit = Math.log(one.share / (1 - one.share)) + normal(next) * 0.8;
    const score = 1 / (1 + Math.exp(-logit));
    const row: WorldRow = {
      atMs: Math.floor(startMs + ((i + 0.5) * week) / count),
      length: Math.exp(6 + normal(next) * 0.6),
      delay: 40 * one.share + 6 * normal(next),
      town: ["A", "B", "C", "D"][Math.floor(next() ** 2 * 4)] ?? "D",
      late: next() < score ? 1 : 0,
      score,
    };
    return one.change ? one.change(row) : row;
  });
  return one.without ? rows.filter((row) => !one.without?.(row)) : rows;
}

export const worldConfig = (more: { trigger?: boolean; monitors?: object } = {}): ProjectConfig =>
  projectConfig.parse({
    data: { world: { path: "world.parquet", time: "at" } },
    checks: { quality: { for: "model:answers", truth: "late", score: "score", tests: [{ kind: "metric", metric: "auc" }] } },
    routes: { answers: { model: "answers", labels: { delay: "12h" } } },
    monitors: more.monitors ?? {
      inputs: {
        for: "route:answers",
        against: "step:backtest.reference",
        window: "7d",
        tests: [{ kind: "drift", columns: "*" }, { kind: "prediction_drift" }, { kind: "prior_shift" }],
        alert: { after: "1 of 1", severity: 2 },
      },
    },
    ...(more.trigger && {
      triggers: {
        retrain: {
          when: { alert: ["monitor:inputs"], cause: "prior_shift", delay: "7d" },
          set: { "window.until": "${event.window_end}" },
          then: "release",
        },
      },
    }),
  });

/** A store with monitors over a made-up world: its reference weeks, then whatever a test lets happen. */
export async function openWatchedWorld(
  reference: readonly Week[],
  options: { config?: ProjectConfig; rowsPerWeek?: number; seed?: number } = {},
) {
  const { config = worldConfig(), rowsPerWeek = 600, seed = 1 } = options;
  const test = await openTestStore([...jobMigrations, ...servingMigrations, ...monitoringMigrations, ...incidentsMigrations]);
  const { store } = test;
  const work = await mkdtemp(join(tmpdir(), "capstan-world-"));
  const analytics: Analytics = openAnalytics({ memoryLimit: "500MB", tempFolder: join(work, "tmp") });
  const next = random(seed);
  let settings = config;
  const configs = { config: async () => settings };

  const toParquet = async (name: string, rows: readonly Record<string, unknown>[], select: string): Promise<string> => {
    const [from, to] = [join(work, `${name}.ndjson`), join(work, `${name}.parquet`)];
    await writeFile(from, rows.map((row) => JSON.stringify(row)).join("\n"));
    await analytics.all(`copy (select ${select} from read_json('${from}', format = 'newline_delimited')) to '${to}' (format parquet)`);
    return to;
  };
  const referencePath = await toParquet(
    "reference",
    reference.flatMap((one, i) => rowsOfWeek(began + i * week, one, rowsPerWeek, next)),
    "make_timestamp(cast(atMs as BIGINT) * 1000) as at, cast(length as DOUBLE) as length, cast(delay as DOUBLE) as delay, cast(town as VARCHAR) as town, cast(late as INTEGER) as late, cast(score as DOUBLE) as score",
  );

  const segments: (Segment & { path: string })[] = [];
  const labels: { key: string; value: number; observedMs: number }[] = [];
  const liveFrom = began + reference.length * week;
  let weeks = 0;
  let keys = 0;
  const jobs = createJobs(store);
  const incidents = createIncidentsService({ store, configs });
  const monitoring = createMonitoringService({
    store,
    analytics,
    jobs,
    incidents,
    configs,
    predictions: {
      flush: async () => undefined,
      closedSegments: async () => segments,
      async writeLabels(_route, path) {
        await writeFile(
          path,
          `key,value,observed_ms,received_ms\n${labels.map((label) => `"${label.key}",${label.value},${label.observedMs},1\n`).join("")}`,
        );
        return labels.length;
      },
    },
    reference: { resolve: async () => ({ paths: [referencePath], digest: sha256(referencePath), name: "step:backtest.reference" }) },
    registry: { versions: async () => [] },
  });

  return {
    test,
    store,
    monitoring,
    incidents,
    jobs,
    liveFrom,
    configure: (changed: ProjectConfig): void => void (settings = changed),
    caller: { actor: { kind: "person", name: "local:ada" }, via: "session", roles: [], capabilities: new Set() } as Caller,
    /** Serves whole weeks after those before, one closed segment each; the truth of each row is known an hour later. */
    async live(some: readonly Week[], more: { use?: string; labelled?: boolean; version?: number } = {}): Promise<void> {
      for (const one of some) {
        const startMs = liveFrom + weeks * week;
        const rows = rowsOfWeek(startMs, one, rowsPerWeek, next).map((row) => ({ ...row, key: String(keys++) }));
        if (more.use === undefined || more.use === "replay") weeks++;
        const path = await toParquet(
          `segment-${segments.length}`,
          rows,
          `make_timestamp(cast(atMs as BIGINT) * 1000) as observed_at, cast(key as VARCHAR) as key, '${more.use ?? "replay"}' as use, ${more.version ?? 1} as version, cast(length as FLOAT) as feature_length, cast(delay as FLOAT) as feature_delay, cast(town as VARCHAR) as feature_town, cast(score as FLOAT) as output_probability`,
        );
        const blob = await store.blobs.putFile(path);
        const id = `S${segments.length}`;
        const { entries } = await store.recorder.commit(
          [],
          [
            {
              action: "segment.closed",
              subject: { type: "segment", id, digest: blob.digest },
              project,
              actor: { kind: "system", name: "system:serving" },
              payload: { rows: rows.length },
            },
          ],
        );
        segments.push({
          project,
          route,
          id,
          rows: rows.length,
          digest: blob.digest,
          sizeBytes: blob.sizeBytes,
          firstObservedMs: rows[0]?.atMs ?? 0,
          lastObservedMs: rows.at(-1)?.atMs ?? 0,
          openedMs: 0,
          closedMs: segments.length,
          entryId: entries[0]?.id ?? "",
          path: await store.blobs.localPath(blob.digest),
        });
        if (more.labelled === false) continue;
        const told = rows.map((row) => ({ key: row.key, value: row.late, observedMs: row.atMs + 3_600_000 }));
        labels.push(...told);
        await store.database.commit(insertLabels(project, route, told, 1));
      }
    },
    /** Event time at which everything served so far is complete. */
    now: (): number => liveFrom + weeks * week + labelDelayMs,
    async close(): Promise<void> {
      await analytics.close();
      await test.close();
      await rm(work, { recursive: true, force: true });
    },
  };
}
export type WatchedWorld = Awaited<ReturnType<typeof openWatchedWorld>>;

/** Thirteen weeks whose share of positives scatters as that of a real season does. */
export const season: readonly Week[] = [0.22, 0.25, 0.2, 0.24, 0.27, 0.21, 0.23, 0.19, 0.26, 0.22, 0.24, 0.2, 0.25].map((share) => ({
  share,
}));
