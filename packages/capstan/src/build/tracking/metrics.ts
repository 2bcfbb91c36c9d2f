import { setImmediate as turn } from "node:timers/promises";
import { type Change, type Database, type Statement, statement } from "../../base/storage/database.ts";
import type { Ids } from "../../base/foundation/ids.ts";
import type { KeyedPoint, LatestMetric } from "./model.ts";
import {
  decodeBlock,
  decodeChunk,
  digestOfBlock,
  encodeChunk,
  mergePoints,
  type Points,
  pointsOf,
  pointsPerBlock,
  slicePoints,
} from "./points.ts";
import { blocksPerRead, createBlockRows, readingOf } from "./blocks.ts";
import { gathered, readHistory } from "./history.ts";
import { inParts, inserting, type LatestRow, latestOfRow, listOf, readByRun } from "./rows.ts";
import { byKey, latestOf, latestOfPoints } from "./rules.ts";

const pointsPerPacking = 8 * pointsPerBlock;

/** A curve of more is read piece by piece. */
const pointsAtOnce = 50_000;

/** `seq`: revision of the run that brought it. */
type Chunk = { chunk: string; points: number; data: Uint8Array; seq: number };
const chunkColumns = ["project", "run_id", "key", "chunk", "points", "data", "seq"];

type Owner = { project: string; runId: string };

/** Better by step, time and value: the rule of the latest metric, in SQL. NaN is stored as 0 with a flag. */
const wins = "(excluded.step, excluded.time_ms, excluded.value) > (metric_latest.step, metric_latest.time_ms, metric_latest.value)";
const kept = (column: string): string => `${column} = case when ${wins} then excluded.${column} else metric_latest.${column} end`;
const added = (column: string): string => `${column} = metric_latest.${column} + excluded.${column}`;
const better = (column: string, sign: string): string =>
  `${column} = case when metric_latest.${column} is null or excluded.${column} ${sign} metric_latest.${column} then coalesce(excluded.${column}, metric_latest.${column}) else metric_latest.${column} end`;
const upsertLatest = `on conflict (run_id, key) do update set ${["step", "time_ms", "value", "is_nan"].map(kept).join(", ")}, ${["points", "tail_points", "non_finite"].map(added).join(", ")}, ${better("min_value", "<")}, ${better("max_value", ">")} returning key, tail_points`;
const latestColumns = [
  "project",
  "run_id",
  "key",
  "step",
  "time_ms",
  "value",
  "is_nan",
  "points",
  "tail_points",
  "min_value",
  "max_value",
  "non_finite",
];

const insertLatest = inserting("metric_latest", latestColumns, upsertLatest);
/** Chunks that come with a change of their run: of the revision that it makes. */
const insertChunks = inserting("metric_tail", chunkColumns, "", "(select revision from run where id = ?)");
const insertKnownChunks = inserting("metric_tail", chunkColumns, "");

const latestStatements = (owner: Owner, all: readonly LatestMetric[], inTail: boolean): Statement[] =>
  insertLatest(
    all.map((one) => {
      const isNaN = Number.isNaN(one.value);
      return [
        owner.project,
        owner.runId,
        one.key,
        one.step,
        one.timeMs,
        isNaN ? 0 : one.value,
        isNaN ? 1 : 0,
        one.points,
        inTail ? one.points : 0,
        one.min,
        one.max,
        one.nonFinite,
      ];
    }),
  );

/** Lines `from` to `to` of a stream came with this change; refused when other lines did in between. */
export type StreamMark = { stream: string; from: number; to: number };
export const markStream = (owner: Owner, mark: StreamMark): Statement => ({
  sql: "insert into metric_stream (project, run_id, stream, lines) values (?, ?, ?, ?) on conflict (run_id, stream) do update set lines = excluded.lines where metric_stream.lines = ?",
  params: [owner.project, owner.runId, mark.stream, mark.to, mark.from],
  guard: { rows: 1, noun: "stream", name: mark.stream },
});

/**
 * SQL of metric points. New points are chunks in the tail, one row per batch and key; every 4096 points of a series, and at the run's end, they become blocks.
 * A repeat of a point may be stored; it is read once.
 */
export function createMetrics(database: Database, ids: Ids) {
  /** Statements that add points to the tail. Rows of the latter ones return `key, tail_points`. */
  function append(owner: Owner, points: readonly KeyedPoint[]): Change {
    const groups = [...byKey(points)];
    return [
      ...insertChunks(
        groups.map(([key, list]) => [owner.project, owner.runId, key, ids.ulid(), list.length, encodeChunk(pointsOf(list)), owner.runId]),
      ),
      ...latestStatements(
        owner,
        groups.map(([key, list]) => latestOf(key, list)),
        true,
      ),
    ];
  }

  /** Statements that add points as blocks at once, for a run that is sealed. */
  function appendSealed(owner: Owner, points: readonly KeyedPoint[]): { change: Change; digests: Record<string, string[]> } {
    const latest: LatestMetric[] = [];
    const blocks = createBlockRows(owner, ids);
    for (const [key, list] of byKey(points)) {
      const merged = mergePoints([pointsOf(list)]);
      for (let from = 0; from < merged.step.length; from += pointsPerBlock)
        blocks.add(key, slicePoints(merged, from, Math.min(from + pointsPerBlock, merged.step.length)));
      latest.push(latestOf(key, list));
    }
    return { change: [...blocks.statements(), ...latestStatements(owner, latest, false)], digests: blocks.digests };
  }

  /** Statements for whole curves of a run that has none of these keys yet: blocks, whether it is open or not. */
  function wholeCurves(
    owner: Owner,
    curves: ReadonlyMap<string, Points>,
  ): { change: Change; digests: Record<string, string[]>; points: number } {
    const blocks = createBlockRows(owner, ids);
    const latest: LatestMetric[] = [];
    let points = 0;
    for (const [key, given] of curves) {
      const merged = mergePoints([given]);
      const length = merged.step.length;
      if (length === 0) continue;
      for (let from = 0; from < length; from += pointsPerBlock)
        blocks.add(key, slicePoints(merged, from, Math.min(from + pointsPerBlock, length)));
      latest.push(latestOfPoints(key, merged));
      points += length;
    }
    return { change: [...blocks.statements(), ...latestStatements(owner, latest, false)], digests: blocks.digests, points };
  }

  /** Statements that turn the tail of one series into blocks; what does not fill one stays unless `all`. Refused as moved on when a chunk came in between. */
  function packed(owner: Owner, key: string, chunks: readonly Chunk[], all: boolean): Statement[] {
    const merged = mergePoints(chunks.map((one) => decodeChunk(one.data)));
    const total = merged.step.length;
    const blocks = createBlockRows(owner, ids);
    let from = 0;
    for (; total - from >= pointsPerBlock || (all && from < total); from += pointsPerBlock)
      blocks.add(key, slicePoints(merged, from, Math.min(from + pointsPerBlock, total)));
    const change = blocks.statements();
    const rest = Math.max(0, total - from);
    const seq = chunks.reduce((max, one) => Math.max(max, one.seq), 0);
    const newest = chunks.reduce((max, one) => (one.chunk > max ? one.chunk : max), "");
    change.unshift({
      sql: "delete from metric_tail where run_id = ? and key = ? and chunk <= ?",
      params: [owner.runId, key, newest],
      guard: { rows: chunks.length, noun: "series", name: key },
    });
    if (rest > 0)
      change.push(
        ...insertKnownChunks([[owner.project, owner.runId, key, ids.ulid(), rest, encodeChunk(slicePoints(merged, from, total)), seq]]),
      );
    const before = chunks.reduce((sum, one) => sum + one.points, 0);
    change.push(
      statement(
        "update metric_latest set tail_points = tail_points - ?, points = points - ?, packed_seq = ? where run_id = ? and key = ?",
        before - rest,
        before - total,
        seq,
        owner.runId,
        key,
      ),
    );
    return change;
  }

  /** The oldest chunks of a tail, up to some blocks of points: what is packed at once holds up nobody. */
  const chunksOf = (runId: string, key: string) =>
    database.all<Chunk>(
      `select chunk, points, data, seq from (
         select chunk, points, data, seq, sum(points) over (order by chunk) - points as before from metric_tail where run_id = ? and key = ?
       ) c where before < ? order by chunk`,
      [runId, key, pointsPerPacking],
    );

  /** Packs full blocks of one series. A chunk that comes in between is left for the next time. */
  async function pack(owner: Owner, key: string): Promise<void> {
    for (;;) {
      const chunks = await chunksOf(owner.runId, key);
      const points = chunks.reduce((sum, one) => sum + one.points, 0);
      if (points >= pointsPerBlock) await database.commit(packed(owner, key, chunks, false));
      if (points < pointsPerPacking) return;
    }
  }

  /** Packs every series of a run completely, about 200 000 points a change. */
  async function packAll(owner: Owner): Promise<void> {
    const tails = await database.all<{ key: string; points: number }>(
      "select key, sum(points) as points from metric_tail where run_id = ? group by key order by key",
      [owner.runId],
    );
    let change: Statement[] = [];
    let points = 0;
    for (const tail of tails) {
      if (Number(tail.points) >= pointsPerPacking) await pack(owner, tail.key);
      const chunks = await chunksOf(owner.runId, tail.key);
      change.push(...packed(owner, tail.key, chunks, true));
      points += chunks.reduce((sum, one) => sum + one.points, 0);
      if (points < 200_000) continue;
      await database.commit(change);
      change = [];
      points = 0;
    }
    if (change.length > 0) await database.commit(change);
  }

  /** Every curve of each run, whole and in the order of a history: for a few runs at a time. Long ones come piece by piece, so that nobody is held up. */
  async function curves(runIds: readonly string[]): Promise<Map<string, Map<string, Points>>> {
    const found = new Map<string, Map<string, Points>>(runIds.map((id) => [id, new Map()]));
    await inParts(runIds, async (some) => {
      const ids = listOf(some);
      const long = await database.all<{ run_id: string; key: string; points: number }>(
        `select run_id, key, points from metric_latest where run_id in ${ids.sql} and points > ? order by run_id, key`,
        [...ids.params, pointsAtOnce],
      );
      const isLong = (table: string): string =>
        `exists (select 1 from metric_latest l where l.run_id = ${table}.run_id and l.key = ${table}.key and l.points > ${pointsAtOnce})`;
      const rows = await database.all<{ run_id: string; key: string; block: number; data: Uint8Array }>(
        `select run_id, key, 1 as block, data from metric_block where run_id in ${ids.sql}${long.length > 0 ? ` and not ${isLong("metric_block")}` : ""}
         union all select run_id, key, 0 as block, data from metric_tail where run_id in ${ids.sql}${long.length > 0 ? ` and not ${isLong("metric_tail")}` : ""}`,
        [...ids.params, ...ids.params],
      );
      const parts = new Map<string, Map<string, Points[]>>();
      for (const [i, row] of rows.entries()) {
        if (i % blocksPerRead === blocksPerRead - 1) await turn();
        const of = parts.get(row.run_id) ?? new Map<string, Points[]>();
        parts.set(row.run_id, of);
        const part = row.block === 1 ? decodeBlock(row.data) : decodeChunk(row.data);
        const list = of.get(row.key);
        if (list) list.push(part);
        else of.set(row.key, [part]);
      }
      for (const [id, keys] of parts) {
        await turn();
        for (const [key, list] of keys) found.get(id)?.set(key, mergePoints(list));
      }
      const reading = readingOf(database);
      for (const { run_id, key, points } of long) found.get(run_id)?.set(key, await gathered(readHistory(reading, run_id, key), points));
    });
    return found;
  }

  async function latest(runIds: readonly string[]): Promise<Map<string, LatestMetric[]>> {
    const found = new Map<string, LatestMetric[]>();
    const columns = "run_id, key, step, time_ms, value, is_nan, points, min_value, max_value, non_finite";
    await readByRun<LatestRow>(
      database,
      runIds,
      (ids) => `select ${columns} from metric_latest where run_id in ${ids} order by run_id, key`,
      (row) => {
        const list = found.get(row.run_id);
        if (list) list.push(latestOfRow(row));
        else found.set(row.run_id, [latestOfRow(row)]);
      },
    );
    return found;
  }

  /** Digests by key, for a seal. */
  async function digests(runId: string): Promise<{ blocks: Record<string, string[]>; points: number; tail: number }> {
    const rows = await database.all<{ key: string; digest: string | null; points: number }>(
      "select key, digest, points from metric_block where run_id = ? union all select key, null as digest, points from metric_tail where run_id = ?",
      [runId, runId],
    );
    const blocks: Record<string, string[]> = {};
    let points = 0;
    let tail = 0;
    for (const row of rows) {
      if (row.digest === null) tail += row.points;
      else (blocks[row.key] ??= []).push(row.digest);
      points += row.points;
    }
    return { blocks, points, tail };
  }

  /** Hashes the content of every block again; names those that differ. */
  async function verifyBlocks(runId: string): Promise<string[]> {
    const problems: string[] = [];
    let after: { key: string; block: string } | undefined = { key: "", block: "" };
    while (after) {
      const page: { key: string; block: string; digest: string; data: Uint8Array }[] = await database.all(
        "select key, block, digest, data from metric_block where run_id = ? and (key, block) > (?, ?) order by key, block limit 64",
        [runId, after.key, after.block],
      );
      for (const row of page) {
        let digest: string | undefined;
        try {
          digest = digestOfBlock(row.data);
        } catch {
          digest = undefined;
        }
        if (digest !== row.digest) problems.push(`a block of metric ${row.key} holds other points than its digest says`);
      }
      const last: { key: string; block: string } | undefined = page[63];
      after = last && { key: last.key, block: last.block };
    }
    return problems;
  }

  /**
   * What came after the revision `after`, up to the present one: points still in the tail, and keys of which some are in blocks by now, to be read again.
   * A point that comes meanwhile is in this answer or in the next.
   */
  async function since(
    runId: string,
    after: number,
  ): Promise<{ revision: number; sealed: boolean; parts: { key: string; points: Points }[]; packed: string[] } | undefined> {
    const run = await database.find<{ revision: number; seal: string | null }>("select revision, seal from run where id = ?", [runId]);
    if (!run) return undefined;
    const facts = { revision: run.revision, sealed: run.seal !== null };
    if (run.revision <= after) return { ...facts, parts: [], packed: [] };
    const tail = await database.all<{ key: string; data: Uint8Array }>(
      "select key, data from metric_tail where run_id = ? and seq > ? and seq <= ? order by seq, key",
      [runId, after, run.revision],
    );
    // After the tail: what was packed in between is named here.
    const packed = await database.all<{ key: string }>("select key from metric_latest where run_id = ? and packed_seq > ? order by key", [
      runId,
      after,
    ]);
    return {
      ...facts,
      parts: tail.map((row) => ({ key: row.key, points: decodeChunk(row.data) })),
      packed: packed.map((row) => row.key),
    };
  }

  /** How many lines of a stream are in the run. */
  async function streamLines(runId: string, stream: string): Promise<number> {
    const row = await database.find<{ lines: number }>("select lines from metric_stream where run_id = ? and stream = ?", [runId, stream]);
    return row?.lines ?? 0;
  }

  return {
    since,
    streamLines,
    append,
    appendSealed,
    wholeCurves,
    pack,
    packAll,
    curves,
    latest,
    digests,
    verifyBlocks,
  };
}
export type Metrics = ReturnType<typeof createMetrics>;
