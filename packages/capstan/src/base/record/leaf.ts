import { createHmac } from "node:crypto";
import { canonicalJson, type Json } from "../foundation/canonical-json.ts";
import { toTime } from "../foundation/clock.ts";
import { CapstanError } from "../foundation/errors.ts";
import type { EntryDraft } from "./model.ts";

/** What is hashed into the tree for good. Nothing in it names a person: `pid` is a pseudonym, the payload is only committed to. */
export type Leaf = {
  readonly v: 1;
  readonly id: string;
  readonly at: string;
  readonly actor: { readonly kind: EntryDraft["actor"]["kind"]; readonly pid: string };
  readonly action: string;
  readonly subject: { readonly type: string; readonly id: string; readonly digest?: string };
  readonly project: string;
  readonly outcome?: string;
  readonly because?: string;
  readonly policy?: string;
  /** HMAC-SHA-256 of the canonical payload under a secret salt, hex: without the salt nobody can test a guess of the payload. */
  readonly commitment: string;
};

export const saltBytes = 32;
/** An entry bundle of a tile log has 16 bits for the length of an entry. */
const largestLeafBytes = 65_535;

export const commitmentOf = (salt: Uint8Array, payloadText: string): string => createHmac("sha256", salt).update(payloadText).digest("hex");

export function leafText(draft: EntryDraft, more: { id: string; atMs: number; pid: string; commitment: string }): string {
  const text = canonicalJson({
    v: 1,
    id: more.id,
    at: toTime(more.atMs),
    actor: { kind: draft.actor.kind, pid: more.pid },
    action: draft.action,
    subject: draft.subject as Json,
    project: draft.project,
    outcome: draft.outcome,
    because: draft.because,
    policy: draft.policy,
    commitment: more.commitment,
  });
  if (Buffer.byteLength(text) > largestLeafBytes)
    throw new CapstanError("CAP-RECORD-005", { action: draft.action, limit: largestLeafBytes });
  return text;
}

/** Undefined for a text that is no leaf of a version we know. */
export function findLeaf(text: string): Leaf | undefined {
  try {
    const leaf = JSON.parse(text) as Leaf;
    return leaf.v === 1 && typeof leaf.id === "string" && typeof leaf.commitment === "string" && typeof leaf.subject?.id === "string"
      ? leaf
      : undefined;
  } catch {
    return undefined;
  }
}
