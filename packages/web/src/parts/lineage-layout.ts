import type { Output } from "../data/api.ts";

type Lineage = Output<"record.lineage">;
export type LineageNode = Lineage["nodes"][number];
export const nodeSize = { width: 184, height: 46, columnGap: 56, rowGap: 10 };
/** Of one column; what lies beyond is counted. */
const rowsAtMost = 10;

export type Placed = { node: LineageNode; column: number; x: number; y: number };
export type Drawn = {
  nodes: readonly Placed[];
  edges: readonly { from: Placed; to: Placed; relation: string }[];
  /** Nodes of a column that are not drawn. */
  hidden: readonly { x: number; y: number; nodes: number }[];
  width: number;
  height: number;
};

/** What a thing came from at its left, what came of it at its right, each column one step further; beside each other what is linked. */
export function placeLineage(up: Lineage, down: Lineage): Drawn {
  const column = new Map<string, number>();
  const found = new Map<string, LineageNode>();
  for (const node of up.nodes) column.set(node.id, 0 - node.depth);
  for (const node of down.nodes) if (!column.has(node.id)) column.set(node.id, node.depth);
  for (const node of [...up.nodes, ...down.nodes]) found.set(node.id, node);
  const linked = new Map<string, string[]>();
  const edges = [
    ...new Map([...up.edges, ...down.edges].map((edge) => [`${edge.from} ${edge.to} ${edge.relation}`, edge])).values(),
  ].filter((edge) => found.has(edge.from) && found.has(edge.to));
  for (const { from, to } of edges) {
    linked.set(from, [...(linked.get(from) ?? []), to]);
    linked.set(to, [...(linked.get(to) ?? []), from]);
  }
  const columns = [...new Set(column.values())].toSorted((a, b) => a - b);
  const first = columns[0] ?? 0;
  const row = new Map<string, number>();
  const hidden: { column: number; nodes: number }[] = [];
  // Nearest first: each column is ordered by where its neighbours towards the middle stand.
  for (const at of columns.toSorted((a, b) => Math.abs(a) - Math.abs(b))) {
    const weight = (id: string): number => {
      const inner = (linked.get(id) ?? []).map((one) => row.get(one)).filter((one) => one !== undefined);
      return inner.length === 0 ? 0 : inner.reduce((sum, one) => sum + one, 0) / inner.length;
    };
    const members = [...found.values()]
      .filter((node) => column.get(node.id) === at)
      .map((node) => ({ node, weight: weight(node.id) }))
      .toSorted((a, b) => a.weight - b.weight || a.node.kind.localeCompare(b.node.kind) || a.node.title.localeCompare(b.node.title));
    const shown = members.slice(0, members.length === rowsAtMost + 1 ? rowsAtMost + 1 : rowsAtMost);
    shown.forEach(({ node }, i) => row.set(node.id, i - (shown.length - 1) / 2));
    if (members.length > shown.length) hidden.push({ column: at, nodes: members.length - shown.length });
  }
  const stride = { x: nodeSize.width + nodeSize.columnGap, y: nodeSize.height + nodeSize.rowGap };
  const top = Math.min(0, ...row.values());
  const place = (at: number, y: number): { x: number; y: number } => ({ x: (at - first) * stride.x, y: (y - top) * stride.y });
  const placed = new Map(
    [...row].flatMap(([id, y]) => {
      const node = found.get(id);
      const at = column.get(id) ?? 0;
      return node ? [[id, { node, column: at, ...place(at, y) }] as const] : [];
    }),
  );
  const bottomOf = (at: number): number =>
    Math.max(...[...placed.values()].filter((one) => one.column === at).map((one) => one.y)) + stride.y;
  const drawnHidden = hidden.map((one) => ({ x: (one.column - first) * stride.x, y: bottomOf(one.column), nodes: one.nodes }));
  return {
    nodes: [...placed.values()],
    edges: edges.flatMap((edge) => {
      const [from, to] = [placed.get(edge.from), placed.get(edge.to)];
      return from && to ? [{ from, to, relation: edge.relation }] : [];
    }),
    hidden: drawnHidden,
    width: columns.length * stride.x - nodeSize.columnGap,
    height: Math.max(0, ...[...placed.values()].map((one) => one.y + nodeSize.height), ...drawnHidden.map((one) => one.y + 24)),
  };
}
