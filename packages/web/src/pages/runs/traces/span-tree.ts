import type { Output } from "../../../data/api.ts";

export type Span = Output<"traces.get">["spans"][number];
export type Placed = { span: Span; depth: number; children: number };

/** Spans below the one that began them, each level by its begin; one whose parent did not come stands at the top. */
export function treeOf(spans: readonly Span[], closed: ReadonlySet<string>): Placed[] {
  const known = new Set(spans.map((one) => one.id));
  const below = Map.groupBy(spans, (one) => (one.parent !== null && known.has(one.parent) ? one.parent : ""));
  const placed: Placed[] = [];
  const seen = new Set<string>();
  const walk = (parent: string, depth: number): void => {
    for (const span of (below.get(parent) ?? []).toSorted((a, b) => a.atSeconds - b.atSeconds)) {
      // What a client sends may go in circles.
      if (seen.has(span.id)) continue;
      seen.add(span.id);
      placed.push({ span, depth, children: below.get(span.id)?.length ?? 0 });
      if (!closed.has(span.id)) walk(span.id, depth + 1);
    }
  };
  walk("", 0);
  return placed;
}

/** The value of an attribute: clients write JSON into text. */
export function valueOf(value: unknown): unknown {
  if (typeof value !== "string" || !/^\s*[[{"]/.test(value)) return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

export const textOf = (value: unknown): string => {
  const plain = valueOf(value);
  return typeof plain === "string" ? plain : JSON.stringify(plain, undefined, 2);
};
