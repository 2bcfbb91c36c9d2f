import { randomBytes } from "node:crypto";
import { canonicalJson } from "../foundation/canonical-json.ts";
import type { Clock } from "../foundation/clock.ts";
import type { Events } from "../foundation/events.ts";
import type { Ids } from "../foundation/ids.ts";
import type { Log } from "../foundation/log.ts";
import { type Change, type Database, type Row, type Statement, statement } from "../storage/database.ts";
import { originOf } from "./checkpoint.ts";
import { findKey } from "./key.ts";
import { commitmentOf, leafText, saltBytes } from "./leaf.ts";
import { type Ledger, newestCheckpoint, openLedger } from "./ledger.ts";
import { lineageChange } from "./lineage.ts";
import type { Checkpoint, EntryDraft, Recorder } from "./model.ts";
import { createPseudonyms, type Pseudonyms } from "./pseudonyms.ts";
import type { Verifier } from "./signed-note.ts";
import type { StoreEvents } from "./store.ts";
import { hashLeaf } from "./tree.ts";

export type RecorderDeps = {
  database: Database;
  clock: Clock;
  ids: Ids;
  log: Log;
  events: Events<StoreEvents>;
  storeId: string;
  /** The person's state folder, which holds the signing key. */
  home: string;
  /** Makes the key of a new store repeatable; for tests. */
  seed?: Uint8Array;
  /** At most this long after an entry was acknowledged, its signature is asked for. */
  signAfterMs?: number;
  /** Many processes write: the index is given by a sequencer after the commit instead of inline. */
  sequenced?: boolean;
};

export type HostRecorder = Recorder & {
  readonly ledger: Ledger;
  readonly pseudonyms: Pseudonyms;
  /** The key of this process, if it has one. */
  readonly verifier: Verifier | undefined;
  /** The newest signed head, without waiting. */
  checkpoint(): Checkpoint | undefined;
  /** Called after each new signed head. */
  onSigned(listener: (checkpoint: Checkpoint) => void): void;
  /** Signs what is acknowledged, if it can, and ends. The database stays open. */
  close(): Promise<void>;
};

/** An entry has its place in the tree at most about this long after it was acknowledged. */
const sequenceAfterMs = 250;

type Prepared = { id: string; leafHash: Buffer; statements: Statement[] };

/** The one way to change a ledgered fact, and the signer behind it. One in a process that writes the store. */
export async function createRecorder(deps: RecorderDeps): Promise<HostRecorder> {
  const { database, clock, ids, log, events } = deps;
  const sequenced = deps.sequenced ?? database.dialect === "postgres";
  const origin = originOf(deps.storeId);
  const everSigned = (await newestCheckpoint(database)) !== undefined;
  const signer = await findKey({
    home: deps.home,
    storeId: deps.storeId,
    origin,
    create: !everSigned,
    ...(deps.seed && { seed: deps.seed }),
  });
  if (!signer) log.warn("record.unsigned", { origin, why: "the signing key is not at hand" });
  const ledger = await openLedger({ database, clock, storeId: deps.storeId, signer });
  const pseudonyms = createPseudonyms(database);
  const listeners: ((checkpoint: Checkpoint) => void)[] = [];
  let timer: NodeJS.Timeout | undefined;
  let sequencing: NodeJS.Timeout | undefined;
  let closed = false;

  const prepare = (draft: EntryDraft, pid: string): Prepared => {
    const id = draft.id ?? ids.ulid();
    const atMs = clock.nowMs();
    const payload = canonicalJson(draft.payload);
    const salt = randomBytes(saltBytes);
    const leaf = leafText(draft, { id, atMs, pid, commitment: commitmentOf(salt, payload) });
    const leafHash = hashLeaf(leaf);
    const index = sequenced ? "null" : "(select coalesce(max(idx), -1) + 1 from entry)";
    return {
      id,
      leafHash,
      statements: [
        statement(
          `insert into entry (id, idx, at_ms, project, action, subject_type, subject_id, pid, because, leaf, leaf_hash) values (?, ${index}, ?, ?, ?, ?, ?, ?, ?, ?, ?) returning idx`,
          id,
          atMs,
          draft.project,
          draft.action,
          draft.subject.type,
          draft.subject.id,
          pid,
          draft.because ?? null,
          leaf,
          leafHash,
        ),
        statement("insert into entry_payload (entry_id, project, salt, payload) values (?, ?, ?, ?)", id, draft.project, salt, payload),
      ],
    };
  };

  const signedNow = async (): Promise<Checkpoint> => {
    clearTimeout(timer);
    timer = undefined;
    if (sequenced) await sequence();
    const before = ledger.signedHead()?.size;
    const checkpoint = await ledger.sign();
    if (checkpoint.size !== before) for (const listener of listeners) listener(checkpoint);
    return checkpoint;
  };

  const signLater = (): void => {
    if (timer || closed || !ledger.canSign) return;
    timer = setTimeout(() => {
      timer = undefined;
      signedNow().catch((error: unknown) => log.error("record.sign", { error: String(error) }));
    }, deps.signAfterMs ?? 5_000);
    timer.unref();
  };

  const sequenceLater = (): void => {
    if (sequencing || closed) return;
    sequencing = setTimeout(() => {
      sequencing = undefined;
      sequence().catch((error: unknown) => log.error("record.sequence", { error: String(error) }));
    }, sequenceAfterMs);
    sequencing.unref();
  };

  /** Gives an index to every entry that is committed without one. Processes that do it at the same time agree: a number is taken once, who lost tries again. */
  const sequence = async (): Promise<void> => {
    for (let lost = 0; lost < 20;) {
      const waiting = await database.find("select id from entry where idx is null limit 1");
      if (!waiting) break;
      try {
        await database.commit([
          statement(
            `update entry set idx = numbered.number from (
               select id, row_number() over (order by at_ms, id) + (select coalesce(max(idx), -1) from entry) as number from entry where idx is null order by at_ms, id limit 256
             ) as numbered where entry.id = numbered.id and entry.idx is null`,
          ),
        ]);
      } catch (error) {
        lost += 1;
        if (lost === 20) throw error;
      }
    }
    await ledger.catchUp();
  };

  return {
    ledger,
    pseudonyms,
    verifier: signer?.verifier,
    newEntryId: () => ids.ulid(),
    lineage: lineageChange,
    checkpoint: () => ledger.signedHead(),
    onSigned: (listener) => void listeners.push(listener),
    signed: signedNow,
    async commit(change, entries) {
      const prepared: Prepared[] = [];
      for (const draft of entries) {
        const pid = pseudonyms.of(draft.actor);
        prepared.push(prepare(draft, typeof pid === "string" ? pid : await pid));
      }
      const whole: Change = [...change, ...prepared.flatMap((one) => one.statements)];
      const committed = await database.commit(whole);
      const indexed = prepared.map((one, i) => {
        const row: Row | undefined = committed[change.length + 2 * i]?.[0];
        const index = typeof row?.["idx"] === "number" ? row["idx"] : null;
        if (index !== null) ledger.take(index, one.leafHash);
        return { id: one.id, index };
      });
      if (entries.length > 0) signLater();
      if (entries.length > 0 && sequenced) sequenceLater();
      entries.forEach((draft, i) => {
        events.emit("entry", {
          id: indexed[i]?.id ?? "",
          action: draft.action,
          project: draft.project,
          subject: { type: draft.subject.type, id: draft.subject.id },
        });
      });
      return { committed: committed.slice(0, change.length), entries: indexed };
    },
    async close() {
      if (closed) return;
      closed = true;
      clearTimeout(timer);
      clearTimeout(sequencing);
      if (ledger.canSign) await signedNow().catch((error: unknown) => log.error("record.sign", { error: String(error) }));
    },
  };
}
