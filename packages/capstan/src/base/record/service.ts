import type { Verification } from "@capstan/contract/operations/record";
import { CapstanError } from "../foundation/errors.ts";
import { statement } from "../storage/database.ts";
import { anchorLine } from "./anchor.ts";
import { findHead } from "./checkpoint.ts";
import {
  type EntryFilter,
  countEntries,
  entriesById,
  entriesLedTo,
  findEntry,
  getEntry,
  listEntries,
  type StoredEntry,
  toEntry,
} from "./entries.ts";
import { findLeaf } from "./leaf.ts";
import { closureOf, type Closure, type Direction, findNode } from "./lineage.ts";
import type { Actor, Checkpoint, Entry, LineageNode } from "./model.ts";
import { erasedAction, payloadState } from "./payload-audit.ts";
import { consistencyPath, inclusionPath, type ProofStep, rootOfInclusion } from "./proof.ts";
import type { HostRecorder } from "./recorder.ts";
import type { SealCheck } from "./seal-check.ts";
import { findVerifier, type Verifier } from "./signed-note.ts";
import type { Store } from "./store.ts";
import { openTiles, type Tiles } from "./tiles.ts";
import { verifyRecord } from "./verify.ts";

export type InclusionProof = { index: number; checkpoint: Checkpoint; path: ProofStep[] };

/** Steps of `because` that are followed at most. */
const longestChain = 1_000;

export type RecordService = ReturnType<typeof createRecordService>;

/** Reading, proving and verifying what the recorder wrote. */
export function createRecordService(deps: { store: Store & { readonly recorder: HostRecorder }; tilesFolder: string }) {
  const { store } = deps;
  const { database, recorder } = store;
  const tiles: Tiles = openTiles(deps.tilesFolder, database);
  const seals: SealCheck[] = [];
  let verified: Verification | undefined;
  const publish = (checkpoint: Checkpoint): Promise<void> => tiles.publish(checkpoint.size, checkpoint.note);
  let publishing: Promise<void> = Promise.resolve();
  recorder.onSigned((checkpoint) => {
    publishing = publishing
      .then(() => publish(checkpoint))
      .catch((error: unknown) => store.log.warn("record.tiles", { error: String(error) }));
  });

  const verifier = async (): Promise<Verifier | undefined> => {
    const row = await database.find<{ verifier: string }>("select verifier from ledger_key order by at_ms desc limit 1");
    return row && findVerifier(row.verifier);
  };

  const inclusionOf = async (row: StoredEntry): Promise<InclusionProof | undefined> => {
    const checkpoint = recorder.checkpoint();
    if (!checkpoint || row.idx === null || row.idx >= checkpoint.size) return undefined;
    await publish(checkpoint);
    const attempt = async (): Promise<ProofStep[]> => inclusionPath(row.idx as number, checkpoint.size, tiles.reader(checkpoint.size));
    const leads = (path: readonly ProofStep[]): boolean => rootOfInclusion(row.leaf_hash, path).toString("hex") === checkpoint.root;
    let path = await attempt().catch(() => undefined);
    if (!path || !leads(path)) {
      // Tiles are only a copy: a damaged one is written again before anything else is believed.
      await tiles.rebuild(checkpoint.size, checkpoint.note);
      path = await attempt();
    }
    if (!leads(path)) throw new CapstanError("CAP-RECORD-002", { index: row.idx, problem: "its hash does not lead to the signed root" });
    return { index: row.idx, checkpoint, path };
  };

  return {
    tiles,
    verifier,
    /** Later rooms add what their entries seal. */
    /** Waits for tiles that are being written. */
    idle: (): Promise<void> => publishing,
    addSealCheck: (check: SealCheck): void => void seals.push(check),
    head: () => recorder.ledger.head(),
    lastVerification: (): Verification | undefined => verified,

    async list(filter: EntryFilter, page: { limit: number; before?: number }): Promise<Entry[]> {
      return (await listEntries(database, filter, page)).map(toEntry);
    },
    count: (filter: EntryFilter): Promise<number> => countEntries(database, filter),
    find: async (entry: string | number): Promise<Entry | undefined> => {
      const row = await findEntry(database, entry);
      return row && toEntry(row);
    },

    byId: (ids: readonly string[]): Promise<Map<string, Entry>> => entriesById(database, ids),

    /** The entry and what led to it, nearest first; ends where a person began it. */
    async becauseOf(entry: string | null): Promise<string[]> {
      const chain: string[] = [];
      for (let id = entry; id !== null && !chain.includes(id) && chain.length < longestChain;) {
        chain.push(id);
        id = (await database.find<{ because: string | null }>("select because from entry where id = ?", [id]))?.because ?? null;
      }
      return chain;
    },

    /** By id or index, with everything that proves it. */
    async get(entry: string | number) {
      const row = await getEntry(database, entry);
      const leaf = findLeaf(row.leaf);
      const erasedBy = await database.find<{ id: string }>(
        "select id from entry where action = ? and subject_type = 'entry' and subject_id = ?",
        [erasedAction, row.id],
      );
      const state = leaf ? payloadState(leaf, row.payload, row.salt) : "differs";
      const beside = async (index: number): Promise<Entry | null> => {
        const found = row.idx === null || index < 0 ? undefined : await findEntry(database, index);
        return found ? toEntry(found) : null;
      };
      return {
        entry: toEntry(row),
        leaf: row.leaf,
        payload: state === "absent" ? (erasedBy ? ("erased" as const) : ("missing" as const)) : state,
        erasedBy: erasedBy?.id ?? null,
        proof: await inclusionOf(row),
        before: await beside((row.idx ?? 0) - 1),
        after: await beside((row.idx ?? 0) + 1),
        ledTo: (await entriesLedTo(database, row.id)).map(toEntry),
      };
    },

    /** That the newest signed tree grew out of the one of `earlier` leaves. */
    async consistency(earlier: number): Promise<{ checkpoint: Checkpoint; path: Buffer[] }> {
      const checkpoint = await recorder.signed();
      await publish(checkpoint);
      return { checkpoint, path: await consistencyPath(earlier, checkpoint.size, tiles.reader(checkpoint.size)) };
    },

    closure: (project: string, node: string, direction: Direction, options: { depth?: number; limit?: number } = {}): Promise<Closure> =>
      closureOf(database, project, node, direction, options),
    node: (project: string, id: string): Promise<LineageNode | undefined> => findNode(database, project, id),

    async verify(options: { deep?: boolean; anchorText?: string | undefined; trusted?: Verifier | undefined } = {}): Promise<Verification> {
      if (recorder.signs) await publish(await recorder.signed());
      verified = await verifyRecord({
        database,
        storeId: store.id,
        tilesFolder: deps.tilesFolder,
        clock: store.clock,
        blobs: store.blobs,
        seals,
        deep: options.deep ?? false,
        anchorText: options.anchorText,
        trusted: options.trusted ?? recorder.verifier,
      });
      return verified;
    },

    /** The newest head, signed now, as the one line that someone else is to keep. */
    async anchor(): Promise<{ line: string; checkpoint: Checkpoint }> {
      const checkpoint = await recorder.signed();
      const key = recorder.verifier;
      if (!key || !findHead(checkpoint.note)) throw new CapstanError("CAP-RECORD-003", { what: "an anchor" });
      return { line: anchorLine(checkpoint.note, key), checkpoint };
    },

    /** Payload and salt go for good; leaf and proofs stay. Idempotent: what is erased already is answered by the entry that says so. */
    async erase(entry: string, reason: string, actor: Actor): Promise<{ entry: string; erasedBy: string }> {
      const row = await getEntry(database, entry);
      const present = await database.find<{ id: string }>(
        "select id from entry where action = ? and subject_type = 'entry' and subject_id = ?",
        [erasedAction, row.id],
      );
      if (present) return { entry: row.id, erasedBy: present.id };
      const id = recorder.newEntryId();
      await recorder.commit(
        [
          {
            ...statement("delete from entry_payload where entry_id = ?", row.id),
            guard: { rows: 1, noun: "payload of entry", name: row.id },
          },
        ],
        [{ id, action: erasedAction, subject: { type: "entry", id: row.id }, project: row.project, actor, payload: { reason } }],
      );
      return { entry: row.id, erasedBy: id };
    },

    /** The name behind a pseudonym goes for good, everywhere at once, because no entry holds it. */
    async forget(actor: Actor, reason: string, by: Actor): Promise<void> {
      const row = await database.find<{ pid: string }>("select pid from pseudonym where kind = ? and name = ?", [actor.kind, actor.name]);
      if (!row) throw new CapstanError("CAP-NOT-FOUND-001", { noun: actor.kind, name: actor.name });
      await recorder.commit(
        [statement("update pseudonym set name = null where pid = ?", row.pid)],
        [{ action: "person.forgotten", subject: { type: "pseudonym", id: row.pid }, project: "default", actor: by, payload: { reason } }],
      );
      recorder.pseudonyms.forget(row.pid);
    },
  };
}
