import type { Conflict, Counts, TransferResult, Left } from "../model.ts";

/** Conflicts are counted all, and named up to here. */
const named = 100;

/** What one import or export has found and done so far. */
export function createTally(place: string) {
  const counts = { found: {} as Counts, taken: {} as Counts, same: {} as Counts, updated: {} as Counts, unread: {} as Counts };
  const conflicts: Conflict[] = [];
  const left = new Map<string, Left>();
  const notes: string[] = [];
  let conflictCount = 0;
  let differing = 0;
  return {
    add(of: keyof typeof counts, noun: string, count = 1): void {
      if (count > 0) counts[of][noun] = (counts[of][noun] ?? 0) + count;
    },
    conflict(one: Conflict): void {
      conflictCount++;
      if (conflicts.length < named) conflicts.push(one);
    },
    leave(what: string, why: string, count = 1): void {
      const key = `${what}\n${why}`;
      const before = left.get(key);
      left.set(key, { what, why, count: (before?.count ?? 0) + count });
    },
    note: (text: string): void => void (notes.includes(text) || notes.length >= named || notes.push(text)),
    differs: (): void => void differing++,
    counts,
    result: (more: { digest: string | null; entry: string | null }): TransferResult => ({
      place,
      ...counts,
      conflicts,
      conflictCount,
      left: [...left.values()],
      notes,
      differing,
      ...more,
    }),
  };
}
export type Tally = ReturnType<typeof createTally>;
