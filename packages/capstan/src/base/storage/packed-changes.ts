import type { Change, SqlValue, Statement } from "./database.ts";
import type { Outcome } from "./refusal.ts";

/**
 * Changes as one flat list, for a message to another thread: half the time of the same as nested objects. A list begins with 1 when the reader must forget the texts it
 * knows, else 0; then per change its number of statements, and per statement its text (a number once it was sent), the number of params, the params, and what is awaited:
 * the number of guarded rows or -1, whether a unique constraint has names (1 or 0), and the two names of each.
 */
export type PackedChanges = readonly SqlValue[];

const mostTexts = 2000;

/** The writing side of one channel. Lists must be read in the order in which they were made; after one that did not arrive, `forget`. */
export class ChangePacker {
  #texts = new Map<string, number>();
  #fresh = true;

  pack(changes: readonly Change[]): SqlValue[] {
    if (this.#texts.size >= mostTexts) this.forget();
    const list: SqlValue[] = [this.#fresh ? 1 : 0];
    this.#fresh = false;
    for (const change of changes) {
      list.push(change.length);
      for (const { sql, params, guard, exists } of change) {
        const known = this.#texts.get(sql);
        if (known === undefined) this.#texts.set(sql, this.#texts.size);
        list.push(known ?? sql, params.length);
        for (const one of params) list.push(one);
        list.push(guard ? guard.rows : -1, exists ? 1 : 0);
        if (guard) list.push(guard.noun, guard.name);
        if (exists) list.push(exists.noun, exists.name);
      }
    }
    return list;
  }

  forget(): void {
    this.#texts.clear();
    this.#fresh = true;
  }
}

/** The reading side. */
export class ChangeUnpacker {
  #texts: string[] = [];

  unpack(list: PackedChanges): Change[] {
    if (list[0] === 1) this.#texts = [];
    const changes: Change[] = [];
    for (let at = 1; at < list.length;) {
      const change: Statement[] = [];
      for (let left = list[at++] as number; left > 0; left--) {
        const text = list[at++] as string | number;
        if (typeof text === "string") this.#texts.push(text);
        const count = list[at++] as number;
        const params = list.slice(at, (at += count));
        const rows = list[at++] as number;
        const named = list[at++] === 1;
        change.push({
          sql: typeof text === "string" ? text : (this.#texts[text] ?? ""),
          params,
          ...(rows >= 0 && { guard: { rows, noun: list[at++] as string, name: list[at++] as string } }),
          ...(named && { exists: { noun: list[at++] as string, name: list[at++] as string } }),
        });
      }
      changes.push(change);
    }
    return changes;
  }
}

/** An outcome on its way back: 0 where no statement gave a row, which is most often so. */
export type PackedOutcome = Outcome | 0;
export const packOutcome = (outcome: Outcome): PackedOutcome =>
  "committed" in outcome && outcome.committed.every((rows) => rows.length === 0) ? 0 : outcome;
export const unpackOutcome = (packed: PackedOutcome, change: Change): Outcome =>
  packed === 0 ? { committed: change.map(() => []) } : packed;
