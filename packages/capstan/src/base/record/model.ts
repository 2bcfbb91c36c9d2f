import type { Json } from "../foundation/canonical-json.ts";
import type { Change, Committed } from "../storage/database.ts";

export type { Actor } from "../foundation/caller.ts";
import type { Actor } from "../foundation/caller.ts";

/** A leaf in the making. Its id (ULID) is known before it is committed, so that rows and later entries can name it. */
export type EntryDraft = {
  /** `noun.verb` in the past tense, such as `run.ended`, `release.promoted`. */
  readonly action: string;
  readonly subject: { readonly type: string; readonly id: string; readonly digest?: string };
  readonly project: string;
  readonly actor: Actor;
  readonly outcome?: string;
  /** Id of the entry that led to this one; absent when a person began it. */
  readonly because?: string;
  /** Digest of the policy in force. */
  readonly policy?: string;
  /** Erasable; the leaf holds only a salted commitment to it. No secrets. */
  readonly payload: Json;
  /** Given by the caller when a row of the same change must name the entry. */
  readonly id?: string;
};

export type Entry = {
  id: string;
  /** Position in the tree; null until the sequencer has seen it (PostgreSQL). */
  index: number | null;
  /** RFC 3339 UTC. */
  at: string;
  action: string;
  subject: { type: string; id: string; digest?: string };
  project: string;
  /** Name, or the pseudonym once the name was erased. */
  actor: { kind: Actor["kind"]; name: string };
  outcome: string | null;
  because: string | null;
  policy: string | null;
  /** Null when erased. */
  payload: Json;
  leafHash: string;
};

export type Edge = { from: string; to: string; relation: string };

/**
 * Lineage: nodes are `kind:id` (`blob:<digest>`, `data:flights@v1`, `run:<id>`, `model:late-arrival@v2`, `release:R-1`, `segment:<id>`, `check:<id>`, `entry:<id>`);
 * an edge points from what depends to what it depends on.
 */
export type LineageNode = { id: string; kind: string; title: string; digest: string | null; facts: { [key: string]: Json } };

export type Checkpoint = { size: number; root: string; note: string; at: string };

export type Recorder = {
  /** The one way to change a ledgered fact: statements and entries in one transaction. Resolves when durable. */
  commit(
    change: Change,
    entries: readonly EntryDraft[],
  ): Promise<{ committed: Committed; entries: { id: string; index: number | null }[] }>;
  newEntryId(): string;
  /** Waits until everything acknowledged so far is under a signed checkpoint; fails with CAP-RECORD-003 when no key is at hand. */
  signed(): Promise<Checkpoint>;
  /** Statements that add nodes (idempotent) and edges to the graph of one project; to be put into a change. */
  lineage(nodes: readonly LineageNode[], edges: readonly Edge[], project: string): Change;
};
