import dagre from "@dagrejs/dagre";

export const size = { width: 168, height: 62 };
export type Point = { x: number; y: number };
/** Upper left corners of nodes, and for each `from to` the points an edge goes through, left to right: it may turn between ranks only. */
export type Layout = { nodes: ReadonlyMap<string, Point>; edges: ReadonlyMap<string, readonly Point[]> };

/** Left to right. Where an edge passes ranks between its ends it has a lane of its own there, so that it never lies under a node. */
export function layoutOf(ids: readonly string[], pairs: readonly (readonly [string, string])[]): Layout {
  const graph = new dagre.graphlib.Graph().setDefaultEdgeLabel(() => ({}));
  graph.setGraph({ rankdir: "LR", nodesep: 26, edgesep: 22, ranksep: 64 });
  for (const id of ids) graph.setNode(id, { ...size });
  for (const [from, to] of pairs) graph.setEdge(from, to);
  dagre.layout(graph);
  const ranks = [...new Set(ids.map((id) => Math.round(graph.node(id).x)))];
  const edges = new Map<string, Point[]>();
  for (const [from, to] of pairs) {
    const [left, right] = [graph.node(from), graph.node(to)];
    const passed = graph
      .edge(from, to)
      .points.slice(1, -1)
      .filter((point) => point.x > left.x + 1 && point.x < right.x - 1 && ranks.some((rank) => Math.abs(rank - point.x) <= 1));
    edges.set(`${from} ${to}`, [
      { x: left.x + size.width / 2, y: left.y },
      ...passed.flatMap(({ x, y }) => [
        { x: x - size.width / 2, y },
        { x: x + size.width / 2, y },
      ]),
      { x: right.x - size.width / 2, y: right.y },
    ]);
  }
  return {
    nodes: new Map(ids.map((id) => [id, { x: graph.node(id).x - size.width / 2, y: graph.node(id).y - size.height / 2 }])),
    edges,
  };
}
