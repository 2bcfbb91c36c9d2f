import { setImmediate as turn } from "node:timers/promises";
import type { Ids } from "../../base/foundation/ids.ts";
import type { Database, SqlValue, Statement } from "../../base/storage/database.ts";
import type { Snapshot } from "../../base/storage/snapshots.ts";
import { blockEncoding, decodeBlock, decodeChunk, encodeBlock, mergePoints, type Points } from "./points.ts";
import { encodePyramid } from "./pyramid.ts";
import { insertMany, listOf } from "./rows.ts";

type Owner = { project: string; runId: string };

const blockColumns = [
  ...["project", "run_id", "key", "block", "points", "digest", "encoding", "data"],
  ...["min_step", "max_step", "min_time_ms", "max_time_ms", "min_value", "max_value", "non_finite"],
];
const pyramidColumns = [
  "project",
  "run_id",
  "key",
  "block",
  "points",
  "min_step",
  "max_step",
  "min_time_ms",
  "max_time_ms",
  "data",
  "stride",
];

/** By how much each step is greater than the one before; null when that differs, or is nothing. */
export function strideOf(step: Float64Array): number | null {
  const stride = step.length > 1 ? (step[1] ?? 0) - (step[0] ?? 0) : 1;
  for (let i = 1; i < step.length; i++) if ((step[i] ?? 0) - (step[i - 1] ?? 0) !== stride) return null;
  return stride > 0 ? stride : null;
}

/** Gathers blocks of a run, to be written with one change. */
export function createBlockRows({ project, runId }: Owner, ids: Ids) {
  const blocks: SqlValue[][] = [];
  const pyramids: SqlValue[][] = [];
  const digests: Record<string, string[]> = {};
  return {
    /** By key. */
    digests,
    add(key: string, points: Points): void {
      const made = encodeBlock(points);
      const block = ids.ulid();
      const bounds = [made.minStep, made.maxStep, made.minTimeMs, made.maxTimeMs];
      blocks.push([
        ...[project, runId, key, block, made.points, made.digest, blockEncoding, made.data],
        ...bounds,
        ...[made.minValue, made.maxValue, made.nonFinite],
      ]);
      pyramids.push([project, runId, key, block, made.points, ...bounds, encodePyramid(points), strideOf(points.step)]);
      (digests[key] ??= []).push(made.digest);
    },
    statements: (): Statement[] => [
      ...insertMany("metric_block", blockColumns, blocks, ""),
      ...insertMany("metric_pyramid", pyramidColumns, pyramids, ""),
    ],
  };
}

/** Rows of statements, from the host's database or in a thread of its own. */
export type Reading = Pick<Snapshot, "each">;
export const readingOf = (database: Database): Reading => ({
  async each(sql, params, take) {
    for (const row of await database.all(sql, params)) take(Object.values(row));
  },
});

/** What is known of a part of a series without its points; a chunk of the tail has its bytes and no bounds. */
export type Part = {
  part: string;
  inBlock: boolean;
  points: number;
  minStep: number;
  maxStep: number;
  minTimeMs: number;
  maxTimeMs: number;
  /** Each step of the block is greater than the one before by so much; null when that is not known. */
  stride: number | null;
  /** Of a block its pyramid, when asked for; of a chunk its points. */
  data: Uint8Array | null;
};

/** Names a series among others. */
export const seriesName = (runId: string, key: string): string => `${runId} ${key}`;

export type StepRange = { fromStep?: number | undefined; toStep?: number | undefined };

/** Blocks with steps in a range, and the tail, of some series as of one moment, by `seriesName`. A block of a store from before pyramids tells its bounds itself. */
export async function partsOf(
  reading: Reading,
  runIds: readonly string[],
  keys: readonly string[],
  withPyramid: boolean,
  { fromStep, toStep }: StepRange = {},
): Promise<Map<string, Part[]>> {
  const bound = (column: string): string => `coalesce(p.${column}, b.${column})`;
  const [runs, named] = [listOf(runIds), listOf(keys)];
  const inside = [
    ...(fromStep === undefined ? [] : [{ sql: `${bound("max_step")} >= ?`, step: Math.ceil(fromStep) }]),
    ...(toStep === undefined ? [] : [{ sql: `${bound("min_step")} <= ?`, step: Math.floor(toStep) }]),
  ];
  const found = new Map<string, Part[]>();
  await reading.each(
    `select b.run_id as r, b.key as k, b.block as b, 1 as i, b.points as n, ${bound("min_step")} as s, ${bound("max_step")} as st,
       ${bound("min_time_ms")} as t, ${bound("max_time_ms")} as tt, p.stride as stride, ${withPyramid ? "p.data" : "cast(null as BYTEA)"} as data
     from metric_block b left join metric_pyramid p on p.run_id = b.run_id and p.key = b.key and p.block = b.block where b.run_id in ${runs.sql} and b.key in ${named.sql}${inside.map(({ sql }) => ` and ${sql}`).join("")}
     union all select run_id, key, chunk, 0, points, 0, 0, 0, 0, null, data from metric_tail where run_id in ${runs.sql} and key in ${named.sql}`,
    [...runs.params, ...named.params, ...inside.map((one) => one.step), ...runs.params, ...named.params],
    ([run, key, part, inBlock, points, minStep, maxStep, minTimeMs, maxTimeMs, stride, data]) => {
      const name = seriesName(run as string, key as string);
      const list = found.get(name);
      const one = { part, inBlock: inBlock === 1, points, minStep, maxStep, minTimeMs, maxTimeMs, stride, data } as Part;
      if (list) list.push(one);
      else found.set(name, [one]);
    },
  );
  return found;
}

/** Points of the tail among the parts of a series, in the order of a history. */
export const tailOf = (parts: readonly Part[]): Points =>
  mergePoints(parts.filter((one) => !one.inBlock).map((one) => decodeChunk(one.data ?? new Uint8Array(0))));

/** Blocks of one message at most: some hundreds of kilobytes. */
export const blocksPerRead = 16;

/** Bytes of some blocks of one series. */
export async function blockData(
  reading: Reading,
  runId: string,
  key: string,
  blocks: readonly string[],
): Promise<(block: string) => Uint8Array> {
  const list = listOf(blocks);
  const found = new Map<string, Uint8Array>();
  await reading.each(
    `select block, data from metric_block where run_id = ? and key = ? and block in ${list.sql}`,
    [runId, key, ...list.params],
    ([block, data]) => void found.set(block as string, data as Uint8Array),
  );
  return (block) => {
    const data = found.get(block);
    if (!data) throw new Error(`block ${block} of run ${runId} is gone`);
    return data;
  };
}

/** Points of some blocks of one series, in the order asked. The event loop goes on between blocks. */
export async function* readBlocks(reading: Reading, runId: string, key: string, blocks: readonly string[]): AsyncGenerator<Points> {
  let ahead: ReturnType<typeof blockData> | undefined;
  for (let from = 0; from < blocks.length; from += blocksPerRead) {
    const some = blocks.slice(from, from + blocksPerRead);
    const found = await (ahead ?? blockData(reading, runId, key, some));
    const next = blocks.slice(from + blocksPerRead, from + 2 * blocksPerRead);
    ahead = next.length > 0 ? blockData(reading, runId, key, next) : undefined;
    ahead?.catch(() => undefined);
    for (const block of some) {
      yield decodeBlock(found(block));
      await turn();
    }
  }
}
