import { CapstanError } from "../foundation/errors.ts";
import type { Clock } from "../foundation/clock.ts";
import { type Database, insert, statement } from "../storage/database.ts";
import { originOf, signCheckpoint } from "./checkpoint.ts";
import type { Checkpoint } from "./model.ts";
import type { Signer } from "./signed-note.ts";
import { verifierText } from "./signed-note.ts";
import { Frontier } from "./tree.ts";

/** The tree of one store in memory: its right edge only, so that a head costs O(log n) at any size. */
export type Ledger = {
  readonly origin: string;
  head(): { size: number; root: string };
  signedHead(): Checkpoint | undefined;
  /** Takes a leaf hash at its index. Earlier ones that are missing are waited for. */
  take(index: number, leafHash: Uint8Array): void;
  /** Reads what other processes included. */
  catchUp(): Promise<void>;
  /** Takes a newer signed head that another process made. */
  lookForSigned(): Promise<void>;
  /** Signs the present head unless it is signed already. */
  sign(): Promise<Checkpoint>;
  readonly canSign: boolean;
};

type StoredCheckpoint = { size: number; root: string; note: string; frontier: Uint8Array; at_ms: number };
const toCheckpoint = (row: { size: number; root: string; note: string; at_ms: number }): Checkpoint => ({
  size: row.size,
  root: row.root,
  note: row.note,
  at: new Date(row.at_ms).toISOString(),
});

export const newestCheckpoint = (database: Database): Promise<StoredCheckpoint | undefined> =>
  database.find<StoredCheckpoint>("select size, root, note, frontier, at_ms from checkpoint order by size desc limit 1");

export async function openLedger(deps: { database: Database; clock: Clock; storeId: string; signer: Signer | undefined }): Promise<Ledger> {
  const { database, clock, signer } = deps;
  const origin = originOf(deps.storeId);
  const stored = await newestCheckpoint(database);
  const { frontier, damage } = await openFrontier(database, stored);
  let signed: Checkpoint | undefined = stored && toCheckpoint(stored);
  let signing: Promise<Checkpoint> | undefined;
  const early = new Map<number, Uint8Array>();

  const take = (index: number, leafHash: Uint8Array): void => {
    if (index > frontier.size) {
      early.set(index, leafHash);
      return;
    }
    if (index < frontier.size) return;
    frontier.append(leafHash);
    for (let next = early.get(frontier.size); next; next = early.get(frontier.size)) {
      early.delete(frontier.size);
      frontier.append(next);
    }
  };

  const catchUp = async (): Promise<void> => {
    for (;;) {
      const rows = await database.all<{ idx: number; leaf_hash: Uint8Array }>(
        "select idx, leaf_hash from entry where idx >= ? order by idx limit 10000",
        [frontier.size],
      );
      for (const row of rows) take(row.idx, row.leaf_hash);
      if (rows.length < 10_000) return;
    }
  };

  const signNow = async (): Promise<Checkpoint> => {
    if (damage) throw damage;
    if (!signer) throw new CapstanError("CAP-RECORD-003", { what: "the record" });
    const size = frontier.size;
    if (signed && signed.size >= size) return signed;
    const root = frontier.root().toString("hex");
    const atMs = clock.nowMs();
    const note = signCheckpoint({ origin, size, root }, signer);
    await database.commit([
      insert("checkpoint", { size, root, note, frontier: frontier.toBytes(), at_ms: atMs }, { tail: "on conflict (size) do nothing" }),
      statement(
        "insert into ledger_key (verifier, from_size, at_ms) values (?, ?, ?) on conflict (verifier) do nothing",
        verifierText(signer.verifier),
        size,
        atMs,
      ),
    ]);
    signed = toCheckpoint({ size, root, note, at_ms: atMs });
    return signed;
  };

  await catchUp();
  return {
    origin,
    canSign: signer !== undefined && !damage,
    head: () => ({ size: frontier.size, root: frontier.root().toString("hex") }),
    signedHead: () => signed,
    take,
    catchUp,
    async lookForSigned() {
      const newest = await newestCheckpoint(database);
      if (newest && newest.size > (signed?.size ?? 0)) signed = toCheckpoint(newest);
    },
    async sign() {
      // Whoever asks while a signature is under way may have been acknowledged after its head was taken: a second one follows.
      while (signing) await signing;
      signing = signNow();
      try {
        return await signing;
      } finally {
        signing = undefined;
      }
    },
  };
}

/**
 * The edge as it was under the newest head, made again from the leaves when what is stored of it is damaged. A store whose entries do not lead to its own signed head
 * opens, so that it can be looked at and goes on to keep what is written, but nothing is signed any more: a signature would bless the damage.
 */
async function openFrontier(
  database: Database,
  stored: StoredCheckpoint | undefined,
): Promise<{ frontier: Frontier; damage?: CapstanError }> {
  if (!stored) return { frontier: new Frontier() };
  const size = ((await database.find<{ last: number | null }>("select max(idx) as last from entry"))?.last ?? -1) + 1;
  const frontier = size >= stored.size ? findFrontier(stored) : undefined;
  if (frontier?.root().toString("hex") === stored.root) return { frontier };
  const again = new Frontier();
  let rootAtHead: string | undefined;
  for (let end = false; !end;) {
    const rows = await database.all<{ idx: number; leaf_hash: Uint8Array }>(
      "select idx, leaf_hash from entry where idx >= ? order by idx limit 10000",
      [again.size],
    );
    end = rows.length < 10_000;
    for (const row of rows) {
      if (row.idx !== again.size) return { frontier: again, damage: differs(again.size, "it is missing") };
      again.append(row.leaf_hash);
      if (again.size === stored.size) rootAtHead = again.root().toString("hex");
    }
  }
  if (rootAtHead === stored.root) return { frontier: again };
  return {
    frontier: again,
    damage:
      again.size < stored.size
        ? differs(again.size, `it and all after it are missing, the head has ${stored.size}`)
        : differs(stored.size - 1, "it or an earlier one has another hash; `capstan verify` says which"),
  };
}

const differs = (index: number, problem: string): CapstanError => new CapstanError("CAP-RECORD-002", { index, problem });

function findFrontier(stored: StoredCheckpoint): Frontier | undefined {
  try {
    return Frontier.fromBytes(stored.size, stored.frontier);
  } catch {
    return undefined;
  }
}
