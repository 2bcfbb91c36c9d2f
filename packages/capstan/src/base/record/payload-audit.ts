import { commitmentOf, type Leaf } from "./leaf.ts";

export const erasedAction = "payload.erased";
export type PayloadState = "matches" | "differs" | "absent";

export function payloadState(leaf: Leaf, payload: string | null, salt: Uint8Array | null): PayloadState {
  if (payload === null || salt === null) return "absent";
  return commitmentOf(salt, payload) === leaf.commitment ? "matches" : "differs";
}

/** Follows payloads through the whole record: one may be gone only if an entry says that it was erased. */
export class PayloadAudit {
  #absent = new Map<string, number>();
  #erased = new Set<string>();
  #checked = 0;
  #matching = 0;
  #differs: number | null = null;

  take(index: number, leaf: Leaf, payload: string | null, salt: Uint8Array | null): void {
    this.#checked += 1;
    if (leaf.action === erasedAction && leaf.subject.type === "entry") this.#erased.add(leaf.subject.id);
    const state = payloadState(leaf, payload, salt);
    if (state === "matches") this.#matching += 1;
    else if (state === "absent") this.#absent.set(leaf.id, index);
    else this.#differs ??= index;
  }

  end(): { verdict: "pass" | "fail"; text: string; index: number | null } {
    const missing = [...this.#absent].filter(([id]) => !this.#erased.has(id)).map(([, index]) => index);
    const erased = this.#absent.size - missing.length;
    const gone = erased > 0 ? `, ${erased} erased and said so` : "";
    if (this.#differs !== null)
      return {
        verdict: "fail",
        index: this.#differs,
        text: `the payload of entry ${this.#differs} is not the one that its leaf commits to`,
      };
    if (missing.length > 0)
      return {
        verdict: "fail",
        index: Math.min(...missing),
        text: `the payload of entry ${Math.min(...missing)} is gone and no entry says that it was erased (${missing.length} such)`,
      };
    return { verdict: "pass", index: null, text: `${this.#matching} of ${this.#checked} payloads match their commitments${gone}` };
  }
}
