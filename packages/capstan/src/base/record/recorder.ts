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
  /** The database is open for reading only: no key is made, nothing gets an index, nothing is signed. */
  readOnly?: boolean;
  /** Whether another process that has the key lives, and will sign what this one cannot. */
  otherSigns?: () => Promise<boolean>;
};

export type HostRecorder = Recorder & {
  readonly ledger: Ledger;
  readonly pseudonyms: Pseudonyms;
  /** Whether this process has the key and may write what it signs. */
  readonly signs: boolean;
  /** The key of this process, if it has one. */
  readonly verifier: Verifier | undefined;
  /** The newest signed head, without waiting. */
  checkpoint(): Checkpoint | undefined;
  /** Where several processes write: gives an index to what any of them left without one, and returns the entries of others since the last look, in their order. */
  look(): Promise<StoreEvents["entry"][]>;
  /** Called after each new signed head. */
  onSigned(listener: (checkpoint: Checkpoint) => void): void;
  /** Signs what is acknowledged, if it can, and ends. The database stays open. */
  close(): Promise<void>;
};

/** An entry has its place in the tree at most about this long after it was acknowledged. */
const sequenceAfterMs = 250;
/** Where several processes write, one without the key waits this long for a signature of one that has it. */
const foreignSignatureMs = 15_000;
/** One number that every process which gives indexes tries to lock first. */
const sequencerLock = 4_277_002;
const lookLimit = 1000;
/** Entries without an index in the order in which they were made: within a millisecond by transaction, then by statement, then by row. */
const madeOrder = { postgres: "at_ms, age(xmin) desc, cmin::text::bigint, id", sqlite: "at_ms, rowid" };

type Prepared = { id: string; leafHash: Buffer; statements: Statement[] };

/** The one way to change a ledgered fact, and the signer behind it. One in a process that writes the store. */
export async function createRecorder(deps: RecorderDeps): Promise<HostRecorder> {
  const { database, clock, ids, log, events } = deps;
  const readOnly = deps.readOnly ?? false;
  const sequenced = !readOnly && (deps.sequenced ?? database.dialect === "postgres");
  const origin = originOf(deps.storeId);
  const everSigned = (await newestCheckpoint(database)) !== undefined;
  const signer = await findKey({
    home: deps.home,
    storeId: deps.storeId,
    origin,
    create: !everSigned && !readOnly,
    ...(deps.seed && { seed: deps.seed }),
  });
  if (!signer) log.warn("record.unsigned", { origin, why: "the signing key is not at hand" });
  const ledger = await openLedger({ database, clock, storeId: deps.storeId, signer });
  const signs = ledger.canSign && !readOnly;
  const pseudonyms = createPseudonyms(database);
  const listeners: ((checkpoint: Checkpoint) => void)[] = [];
  let timer: NodeJS.Timeout | undefined;
  let sequencing: NodeJS.Timeout | undefined;
  let closed = false;
  /** Entries of this process that `look` has not passed yet. */
  const own = new Set<string>();
  let seen = ledger.head().size;

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
    if (sequenced && !signer && (await deps.otherSigns?.())) return foreignSignature();
    const before = ledger.signedHead()?.size;
    const checkpoint = await ledger.sign();
    if (checkpoint.size !== before) for (const listener of listeners) listener(checkpoint);
    return checkpoint;
  };

  /** The key is with another process, which looks at least once a second. */
  const foreignSignature = async (): Promise<Checkpoint> => {
    const { size } = ledger.head();
    for (const until = performance.now() + foreignSignatureMs; ;) {
      await ledger.lookForSigned();
      const signed = ledger.signedHead();
      if (signed && signed.size >= size) return signed;
      if (closed || performance.now() > until) return ledger.sign();
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  };

  const signLater = (): void => {
    if (timer || closed || !signs) return;
    timer = setTimeout(() => {
      timer = undefined;
      signedNow().catch((error: unknown) => log.error("record.sign", { error: String(error) }));
    }, signAfterMs());
    timer.unref();
  };
  /** A store that was never signed is signed at once: until then nothing says that its record is what was written. */
  const signAfterMs = (): number => deps.signAfterMs ?? (ledger.signedHead() ? 5_000 : 0);

  const sequenceLater = (): void => {
    if (sequencing || closed) return;
    sequencing = setTimeout(() => {
      sequencing = undefined;
      sequence().catch((error: unknown) => log.error("record.sequence", { error: String(error) }));
    }, sequenceAfterMs);
    sequencing.unref();
  };

  /**
   * Gives an index to every entry that is committed without one. One process does it at a time: on PostgreSQL it holds a lock for as long as its transaction,
   * which ends with the process. Who finds it held waits for what the other does. A number is taken once, whatever happens.
   */
  const sequence = async (): Promise<void> => {
    const alone = database.dialect === "postgres";
    const order = madeOrder[database.dialect];
    for (let lost = 0; lost < 20;) {
      const waiting = await database.find("select id from entry where idx is null limit 1");
      if (!waiting) break;
      try {
        const [held] = await database.commit([
          ...(alone
            ? [statement(`select set_config('capstan.sequencer', pg_try_advisory_xact_lock(${sequencerLock})::text, true) as held`)]
            : []),
          statement(
            `update entry set idx = numbered.number from (
               select id, row_number() over (order by ${order}) + (select coalesce(max(idx), -1) from entry) as number from entry where idx is null order by ${order} limit 256
             ) as numbered where entry.id = numbered.id and entry.idx is null${alone ? " and current_setting('capstan.sequencer', true) = 'true'" : ""}`,
          ),
        ]);
        if (alone && held?.[0]?.["held"] !== "true") await new Promise((resolve) => setTimeout(resolve, 10));
      } catch (error) {
        lost += 1;
        if (lost === 20) throw error;
      }
    }
    await ledger.catchUp();
  };

  // What a host that was killed has left.
  if (ledger.head().size > (ledger.signedHead()?.size ?? 0)) signLater();

  return {
    ledger,
    pseudonyms,
    signs,
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
      if (sequenced) for (const one of prepared) own.add(one.id);
      const committed = await database.commit(whole).catch((error: unknown) => {
        for (const one of prepared) own.delete(one.id);
        throw error;
      });
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
    async look() {
      if (!sequenced || closed) return [];
      await sequence();
      const found: StoreEvents["entry"][] = [];
      for (let more = true; more;) {
        const rows = await database.all<{ id: string; idx: number; action: string; project: string; type: string; subject: string }>(
          `select id, idx, action, project, subject_type as type, subject_id as subject from entry where idx >= ? order by idx limit ${lookLimit}`,
          [seen],
        );
        for (const row of rows) {
          seen = row.idx + 1;
          if (!own.delete(row.id))
            found.push({ id: row.id, action: row.action, project: row.project, subject: { type: row.type, id: row.subject } });
        }
        more = rows.length === lookLimit;
      }
      if ((ledger.signedHead()?.size ?? 0) < ledger.head().size) {
        await ledger.lookForSigned();
        if ((ledger.signedHead()?.size ?? 0) < ledger.head().size) signLater();
      }
      return found;
    },
    async close() {
      if (closed) return;
      closed = true;
      clearTimeout(timer);
      clearTimeout(sequencing);
      if (signs) await signedNow().catch((error: unknown) => log.error("record.sign", { error: String(error) }));
    },
  };
}
