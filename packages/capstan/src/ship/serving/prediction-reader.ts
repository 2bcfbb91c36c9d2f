import type { Store } from "../../base/record/store.ts";
import { flag, type Prediction, type PredictionFilter, type Segment, type TableEngine } from "./model.ts";
import type { PredictionLog } from "./prediction-log.ts";
import { quoteText } from "./segment-sealing.ts";

type Found = Prediction & { readonly segment: string };

export type PredictionReader = {
  /** Newest first. */
  page(
    route: string,
    filter: PredictionFilter,
    page: { limit: number; cursor?: string },
  ): Promise<{ predictions: Found[]; cursor: string | null; rows: number }>;
  keys(route: string, use?: string): Promise<string[]>;
};

/** Reads closed segments by the engine and open ones from their files, as one log. */
export function createPredictionReader(deps: { store: Store; engine: TableEngine; log: PredictionLog }): PredictionReader {
  const { store, engine, log } = deps;
  const tableOf = async (segments: readonly Segment[]): Promise<string> => {
    const paths = await Promise.all(segments.map((segment) => store.blobs.localPath(segment.digest)));
    return `read_parquet([${paths.map(quoteText).join(", ")}], union_by_name = true)`;
  };

  return {
    async page(route, filter, { limit, cursor }) {
      const after = cursor === undefined ? undefined : parseCursor(cursor);
      const found: Found[] = [];
      let rows = 0;
      const openIds = new Set<string>();
      await log.readOpen(route, (row) => {
        const segment = row.id.slice(0, row.id.lastIndexOf("-"));
        openIds.add(segment);
        if (!matches(row, filter)) return;
        rows++;
        if (after && !isAfter(row, after)) return;
        found.push({ ...row, segment });
      });
      const segments = (await log.closed(route)).filter((segment) => !openIds.has(segment.id));
      if (segments.length > 0) {
        const table = await tableOf(segments);
        const where = conditionsOf(filter);
        const receivedUs = "epoch_us(received_at)";
        const page = after
          ? [...where, `(${receivedUs} < ${after.us} or (${receivedUs} = ${after.us} and id < ${quoteText(after.id)}))`]
          : where;
        const [closed, [total]] = await Promise.all([
          engine.all<Record<string, unknown>>(
            `select * exclude (observed_at, received_at), epoch_us(observed_at) / 1000 as observed_ms, ${receivedUs} / 1000 as received_ms from ${table} ${whereOf(page)} order by received_at desc, id desc limit ${limit + 1}`,
          ),
          engine.all<{ n: number }>(`select count(*) as n from ${table} ${whereOf(where)}`),
        ]);
        for (const row of closed) found.push(predictionOf(row));
        rows += Number(total?.n ?? 0);
      }
      found.sort((a, b) => b.receivedMs - a.receivedMs || (a.id < b.id ? 1 : -1));
      const predictions = found.slice(0, limit);
      const last = predictions.at(-1);
      return { predictions, cursor: found.length > limit && last ? `${Math.round(last.receivedMs * 1000)}:${last.id}` : null, rows };
    },
    async keys(route, use) {
      const keys = new Set<string>();
      await log.readOpen(route, (row) => {
        if (row.key !== null && (use === undefined || row.use === use)) keys.add(row.key);
      });
      const segments = await log.closed(route);
      if (segments.length > 0) {
        // One list: a row each would cost more to carry than to find.
        const [all] = await engine.all<{ keys: string[] | null }>(
          `select list(distinct key) as keys from ${await tableOf(segments)} ${whereOf(["key is not null", ...conditionsOf({ ...(use !== undefined && { use }) })])}`,
        );
        for (const key of all?.keys ?? []) keys.add(key);
      }
      return [...keys];
    },
  };
}

const whereOf = (conditions: readonly string[]): string => (conditions.length > 0 ? `where ${conditions.join(" and ")}` : "");

function conditionsOf(filter: PredictionFilter): string[] {
  const conditions: string[] = [];
  if (filter.key !== undefined) conditions.push(`key = ${quoteText(filter.key)}`);
  if (filter.use !== undefined) conditions.push(`use = ${quoteText(filter.use)}`);
  if (filter.version !== undefined) conditions.push(`version = ${filter.version}`);
  if (filter.fromMs !== undefined) conditions.push(`epoch_ms(observed_at) >= ${filter.fromMs}`);
  if (filter.untilMs !== undefined) conditions.push(`epoch_ms(observed_at) < ${filter.untilMs}`);
  return conditions;
}

const matches = (row: Prediction, filter: PredictionFilter): boolean =>
  (filter.key === undefined || row.key === filter.key) &&
  (filter.use === undefined || row.use === filter.use) &&
  (filter.version === undefined || row.version === filter.version) &&
  (filter.fromMs === undefined || row.observedMs >= filter.fromMs) &&
  (filter.untilMs === undefined || row.observedMs < filter.untilMs);

type Cursor = { us: number; id: string };
/** A cursor that is none of ours begins from the start. */
function parseCursor(text: string): Cursor | undefined {
  const [us, id] = text.split(":");
  return id !== undefined && /^\d+$/.test(us ?? "") ? { us: Number(us), id } : undefined;
}
const isAfter = (row: Prediction, cursor: Cursor): boolean => {
  const us = Math.round(row.receivedMs * 1000);
  return us < cursor.us || (us === cursor.us && row.id < cursor.id);
};

function predictionOf(row: Record<string, unknown>): Found {
  const named = (prefix: string): Record<string, unknown> =>
    Object.fromEntries(
      Object.entries(row).flatMap(([name, value]) =>
        name.startsWith(prefix) && value !== null ? [[name.slice(prefix.length), value]] : [],
      ),
    );
  const id = String(row["id"]);
  return {
    id,
    segment: id.slice(0, id.lastIndexOf("-")),
    observedMs: Number(row["observed_ms"]),
    receivedMs: Number(row["received_ms"]),
    epoch: Number(row["epoch"]),
    model: String(row["model"]),
    version: Number(row["version"]),
    arm: String(row["arm"]),
    key: row["key"] === null ? null : String(row["key"]),
    use: row["use"] === null ? null : String(row["use"]),
    caller: String(row["caller"]),
    features: named("feature_"),
    outputs: named("output_"),
    latencyUs: Number(row["latency_us"]),
    flags: Number(row["flags"] ?? 0) | (row["key"] === null ? flag.unkeyed : 0),
  };
}
