import type { Ids } from "../../base/foundation/ids.ts";
import type { Database, SqlValue, Statement } from "../../base/storage/database.ts";
import { blockEncoding, decodeBlock, encodeBlock, type Points } from "./points.ts";
import { encodePyramid } from "./pyramid.ts";
import { insertMany, listOf } from "./rows.ts";

type Owner = { project: string; runId: string };

const blockColumns = [
  ...["project", "run_id", "key", "block", "points", "digest", "encoding", "data"],
  ...["min_step", "max_step", "min_time_ms", "max_time_ms", "min_value", "max_value", "non_finite"],
];
const pyramidColumns = ["project", "run_id", "key", "block", "points", "min_step", "max_step", "min_time_ms", "max_time_ms", "data"];

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
      pyramids.push([project, runId, key, block, made.points, ...bounds, encodePyramid(points)]);
      (digests[key] ??= []).push(made.digest);
    },
    statements: (): Statement[] => [
      ...insertMany("metric_block", blockColumns, blocks, ""),
      ...insertMany("metric_pyramid", pyramidColumns, pyramids, ""),
    ],
  };
}

/** What is known of a part of a series without its points; a chunk of the tail has its bytes and no bounds. */
export type Part = {
  part: string;
  inBlock: number;
  points: number;
  minStep: number;
  maxStep: number;
  minTimeMs: number;
  maxTimeMs: number;
  /** Of a block its pyramid, when asked for; of a chunk its points. */
  data: Uint8Array | null;
};

/** Blocks and tail of one series as of one moment. A block of a store from before pyramids tells its bounds itself. */
export async function partsOf(database: Database, runId: string, key: string, withPyramid: boolean): Promise<Part[]> {
  const bound = (column: string): string => `coalesce(p.${column}, b.${column})`;
  return database.all<Part>(
    `select b.block as "part", 1 as "inBlock", b.points as "points", ${bound("min_step")} as "minStep", ${bound("max_step")} as "maxStep",
       ${bound("min_time_ms")} as "minTimeMs", ${bound("max_time_ms")} as "maxTimeMs", ${withPyramid ? "p.data" : "cast(null as BYTEA)"} as "data"
     from metric_block b left join metric_pyramid p on p.run_id = b.run_id and p.key = b.key and p.block = b.block where b.run_id = ? and b.key = ?
     union all select chunk, 0, points, 0, 0, 0, 0, data from metric_tail where run_id = ? and key = ?`,
    [runId, key, runId, key],
  );
}

/** Blocks of one message at most: some hundreds of kilobytes. */
export const blocksPerRead = 16;

/** Points of some blocks of one series, in the order asked. The event loop goes on between blocks. */
export async function* readBlocks(database: Database, runId: string, key: string, blocks: readonly string[]): AsyncGenerator<Points> {
  let ahead: Promise<Map<string, Uint8Array>> | undefined;
  const fetch = async (some: readonly string[]): Promise<Map<string, Uint8Array>> => {
    const list = listOf(some);
    const rows = await database.all<{ block: string; data: Uint8Array }>(
      `select block, data from metric_block where run_id = ? and key = ? and block in ${list.sql}`,
      [runId, key, ...list.params],
    );
    return new Map(rows.map((row) => [row.block, row.data]));
  };
  for (let from = 0; from < blocks.length; from += blocksPerRead) {
    const some = blocks.slice(from, from + blocksPerRead);
    const found = await (ahead ?? fetch(some));
    const next = blocks.slice(from + blocksPerRead, from + 2 * blocksPerRead);
    ahead = next.length > 0 ? fetch(next) : undefined;
    ahead?.catch(() => undefined);
    for (const block of some) {
      const data = found.get(block);
      if (!data) throw new Error(`block ${block} of run ${runId} is gone`);
      yield decodeBlock(data);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}
