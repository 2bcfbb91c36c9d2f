import type { Database } from "../storage/database.ts";
import { type WalkedEntry, walkedFrom } from "./entries.ts";
import { findLeaf, type Leaf } from "./leaf.ts";
import { PayloadAudit } from "./payload-audit.ts";
import type { Tiles } from "./tiles.ts";
import { tileWidth } from "./tiles.ts";
import { Frontier, hashBytes, hashLeaf } from "./tree.ts";

export type Fault = { index: number; text: string };
export type LedgerWalk = {
  /** Entries in a row from the first. */
  size: number;
  root: string;
  /** Root of the tree at each size that was asked for and reached. */
  roots: Map<number, string>;
  /** What is wrong with a row by itself: a gap, a hash that is not its leaf's, a column that is not its leaf's. */
  fault: Fault | undefined;
  payloads: PayloadAudit;
};

/** Small enough that taking a page over from a reader thread holds nobody up. */
const pageSize = 500;

/** Hashes every leaf of the database again, in order. */
export async function walkLedger(database: Database, sizes: Iterable<number>): Promise<LedgerWalk> {
  const wanted = new Set(sizes);
  const frontier = new Frontier();
  const roots = new Map<number, string>();
  const payloads = new PayloadAudit();
  let fault: Fault | undefined;
  let gap = false;
  const note = (): void => {
    if (wanted.has(frontier.size)) roots.set(frontier.size, frontier.root().toString("hex"));
  };
  note();
  for (let next = 0; ;) {
    const rows = await walkedFrom(database, next, pageSize);
    for (const row of rows) {
      const index = row.idx as number;
      if (!gap && index !== frontier.size) {
        gap = true;
        fault ??= { index: frontier.size, text: `entry ${frontier.size} is missing; the next one that is there is ${index}` };
      }
      const leaf = findLeaf(row.leaf);
      const leafHash = hashLeaf(row.leaf);
      if (Buffer.compare(leafHash, row.leaf_hash) !== 0)
        fault ??= { index, text: `entry ${index} was edited: its leaf has another hash than the one stored with it` };
      else if (!leaf) fault ??= { index, text: `entry ${index} is no leaf that this program knows` };
      else {
        const column = otherColumn(row, leaf);
        if (column) fault ??= { index, text: `entry ${index} was edited: its column ${column} is not what its leaf says` };
      }
      if (leaf) payloads.take(index, leaf, row.payload, row.salt);
      if (!gap) {
        frontier.append(leafHash);
        note();
      }
    }
    if (rows.length < pageSize) break;
    next = (rows.at(-1)?.idx ?? 0) + 1;
  }
  return { size: frontier.size, root: frontier.root().toString("hex"), roots, fault, payloads };
}

function otherColumn(row: WalkedEntry, leaf: Leaf): string | undefined {
  if (row.id !== leaf.id) return "id";
  if (row.action !== leaf.action) return "action";
  if (row.subject_type !== leaf.subject.type) return "subject_type";
  if (row.subject_id !== leaf.subject.id) return "subject_id";
  if (row.project !== leaf.project) return "project";
  if (row.pid !== leaf.actor.pid) return "pid";
  if ((row.because ?? undefined) !== leaf.because) return "because";
  if (row.at_ms !== Date.parse(leaf.at)) return "at_ms";
  return undefined;
}

/**
 * Names the first entry at or after `from` that is not the one that was signed, by the leaf hashes in the tiles.
 * The tiles are believed only if they lead to the signed root themselves. Undefined when they do not, or when nothing differs.
 */
export async function locateFault(
  database: Database,
  tiles: Tiles,
  signed: { size: number; root: string },
  from: number,
): Promise<Fault | undefined> {
  const frontier = new Frontier();
  const hashes: string[] = [];
  for (let n = 0; n * tileWidth < signed.size; n++) {
    const tile = await tiles.findLeafHashes(n, signed.size);
    if (!tile) return undefined;
    for (let at = 0; at < tile.length; at += hashBytes) {
      frontier.append(tile.subarray(at, at + hashBytes));
      hashes.push(tile.toString("hex", at, at + hashBytes));
    }
  }
  if (frontier.root().toString("hex") !== signed.root) return undefined;
  for (let next = from; next < signed.size;) {
    const rows = await walkedFrom(database, next, pageSize);
    for (const row of rows) {
      const index = row.idx as number;
      if (index !== next) return { index: next, text: `entry ${next} is missing` };
      if (index >= signed.size) return undefined;
      const found = hashLeaf(row.leaf).toString("hex");
      if (found !== hashes[index]) return { index, text: describe(index, found, hashes) };
      next += 1;
    }
    if (rows.length === 0) return { index: next, text: `entry ${next} is missing, and all after it` };
  }
  return undefined;
}

function describe(index: number, found: string, hashes: readonly string[]): string {
  const elsewhere = hashes.indexOf(found);
  if (elsewhere === index + 1)
    return `entry ${index} was deleted and the ones after it moved up, or it changed places with entry ${elsewhere}`;
  if (elsewhere >= 0) return `entry ${index} is not in its place: what stands there was signed as entry ${elsewhere}`;
  return `entry ${index} was edited after it was signed`;
}
