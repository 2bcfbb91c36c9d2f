import type { Row } from "./rows.ts";

export type Placed = {
  row: Row | undefined;
  depth: number;
  /** Place among the rows of the snapshot; null below another. */ at: number | null;
};

/** Rows of the snapshot with the opened ones' children right below them. */
export function placesOf(
  total: number,
  row: (at: number) => Row | undefined,
  opened: ReadonlyMap<string, number>,
  below: ReadonlyMap<string, readonly Row[]>,
) {
  const deep = (parent: string, depth: number): Placed[] =>
    (below.get(parent) ?? []).flatMap((child) => [
      { row: child, depth, at: null },
      ...(opened.has(child.id) && depth < 8 ? deep(child.id, depth + 1) : []),
    ]);
  const inserts = [...opened]
    .filter(([, at]) => at >= 0)
    .map(([id, at]) => ({ at, rows: deep(id, 1) }))
    .filter((one) => one.rows.length > 0)
    .toSorted((a, b) => a.at - b.at);
  return {
    count: total + inserts.reduce((sum, one) => sum + one.rows.length, 0),
    /** What stands at a line of the table. */
    line(index: number): Placed {
      let before = 0;
      for (const insert of inserts) {
        const begins = insert.at + 1 + before;
        if (index < begins) break;
        if (index < begins + insert.rows.length) return insert.rows[index - begins] ?? { row: undefined, depth: 1, at: null };
        before += insert.rows.length;
      }
      return { row: row(index - before), depth: 0, at: index - before };
    },
  };
}
