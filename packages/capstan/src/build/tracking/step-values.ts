import { CapstanError } from "../../base/foundation/errors.ts";
import { blockData, blocksPerRead, type Reading } from "./blocks.ts";
import type { SqlValue } from "../../base/storage/database.ts";
import { openBlock } from "./curves/opened-block.ts";
import { decodeChunk } from "./points.ts";
import { listOf } from "./rows.ts";
import { isLater } from "./rules.ts";

/** One question reads at most so many blocks and chunks of curves, all of its runs together: some seconds. */
export const mostStepBlocks = 250_000;

export const tooManyBlocks = (key: string, step: number): CapstanError =>
  new CapstanError("CAP-TRACK-006", { metric: `${key}@step(${step})`, limit: mostStepBlocks });

const runsAtOnce = 512;
const curvesAtOnce = 32;
/** So many are in memory together: some megabytes. */
const blocksAtOnce = 64;

export type AtStep = { readonly runIds: readonly string[]; readonly key: string; readonly step: number };
/** A block with the step in its bounds. `stride`: each step in it is greater than the one before by so much; null when that is not known. */
type Held = { run: string; block: string; points: number; minStep: number; stride: number | null };

/**
 * The value of a metric at one step, of each run that has one: of several points there the last in the order of a history. A curve that ends with the step, or
 * before it, is not read. Answers how many blocks and chunks were read; undefined when they would have been more than `limit`, and then not all values were taken.
 */
export async function valuesAtStep(
  reading: Reading,
  { runIds, key, step }: AtStep,
  limit: number,
  take: (runId: string, value: number) => void,
): Promise<number | undefined> {
  const [further, withTail]: [string[], Set<string>] = [[], new Set()];
  for (const part of partsOf(runIds, runsAtOnce)) {
    const runs = listOf(part);
    await reading.each(
      `select run_id, step, value, is_nan, tail_points from metric_latest where run_id in ${runs.sql} and key = ? and step >= ?`,
      [...runs.params, key, step],
      ([run, last, value, isNaN, inTail]) => {
        if (last === step) return take(run as string, isNaN === 1 ? Number.NaN : (value as number));
        further.push(run as string);
        if (Number(inTail) > 0) withTail.add(run as string);
      },
    );
  }
  // Nothing is read in vain.
  if (further.length > limit) return undefined;
  let read = 0;
  for (const part of partsOf(further, curvesAtOnce)) {
    const found = new Found(step);
    const tails = part.filter((run) => withTail.has(run));
    // Tails first: what becomes a block in between is found there again.
    if ((read += tails.length) > limit) return undefined;
    await readTails(reading, tails, key, found);
    if ((read += await readBlocks(reading, part, key, found, limit - read)) > limit) return undefined;
    for (const [run, { value }] of found.all) take(run, value);
  }
  return read;
}

function* partsOf<T>(all: readonly T[], size: number): Generator<T[]> {
  for (let at = 0; at < all.length; at += size) yield all.slice(at, at + size);
}

/** The last point of each run at the step, among those seen. */
class Found {
  readonly all = new Map<string, { timeMs: number; value: number }>();
  readonly step: number;
  constructor(step: number) {
    this.step = step;
  }
  see(run: string, timeMs: number, value: number): void {
    const [step, known] = [this.step, this.all.get(run)];
    if (!known || isLater({ step, timeMs, value }, { step, ...known })) this.all.set(run, { timeMs, value });
  }
  /** `alone`: no other block of the run has the step in its bounds. */
  seeBlock({ run, points, minStep, stride }: Held, data: Uint8Array, alone: boolean): void {
    const place = stride === null ? undefined : (this.step - minStep) / stride;
    if (place !== undefined && !Number.isInteger(place)) return;
    const block = openBlock(data, points);
    // A block is in the order of a history.
    const at = place ?? block.steps().lastIndexOf(this.step);
    if (at < 0) return;
    // Nothing is there that it could be later than.
    if (alone && !this.all.has(run)) return void this.all.set(run, { timeMs: 0, value: block.valueAt(at) });
    const { timeMs, value } = block.take([at], [this.step], stride);
    this.see(run, timeMs[0] as number, value[0] as number);
  }
}

/** A block of a store from before pyramids tells its bounds itself. */
const facts = "b.run_id, b.block, b.points, coalesce(p.min_step, b.min_step) as min_step, p.stride";
const heldOf = ([run, block, points, minStep, stride]: readonly SqlValue[]): Held => ({ run, block, points, minStep, stride }) as Held;
const around = `from metric_block b left join metric_pyramid p on p.run_id = b.run_id and p.key = b.key and p.block = b.block
  where b.key = ? and coalesce(p.min_step, b.min_step) <= ? and coalesce(p.max_step, b.max_step) >= ?`;

async function readTails(reading: Reading, runIds: readonly string[], key: string, found: Found): Promise<void> {
  if (runIds.length === 0) return;
  const runs = listOf(runIds);
  await reading.each(
    `select run_id, data from metric_tail where run_id in ${runs.sql} and key = ?`,
    [...runs.params, key],
    ([run, data]) => {
      const { step, timeMs, value } = decodeChunk(data as Uint8Array);
      for (let i = step.indexOf(found.step); i >= 0; i = step.indexOf(found.step, i + 1))
        found.see(run as string, timeMs[i] as number, value[i] as number);
    },
  );
}

/** How many blocks have the step in their bounds; when they are more than `limit`, none of them is read. */
async function readBlocks(reading: Reading, runIds: readonly string[], key: string, found: Found, limit: number): Promise<number> {
  const runs = listOf(runIds);
  const params = [key, found.step, found.step, ...runs.params];
  const few: { held: Held; data: Uint8Array }[] = [];
  await reading.each(
    `select ${facts}, b.data ${around} and b.run_id in ${runs.sql} limit ${blocksAtOnce + 1}`,
    params,
    (row) => void few.push({ held: heldOf(row), data: row[5] as Uint8Array }),
  );
  if (few.length <= blocksAtOnce) {
    if (few.length > limit) return few.length;
    for (const some of Map.groupBy(few, (one) => one.held.run).values())
      for (const { held, data } of some) found.seeBlock(held, data, some.length === 1);
    return few.length;
  }
  const all: Held[] = [];
  await reading.each(`select ${facts} ${around} and b.run_id in ${runs.sql}`, params, (row) => void all.push(heldOf(row)));
  if (all.length > limit) return all.length;
  for (const [run, some] of Map.groupBy(all, (one) => one.run))
    for (const part of partsOf(some, blocksPerRead)) {
      const names = part.map((one) => one.block);
      const data = await blockData(reading, run, key, names);
      for (const one of part) found.seeBlock(one, data(one.block), some.length === 1);
    }
  return all.length;
}
