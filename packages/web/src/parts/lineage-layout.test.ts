import { expect, test } from "vitest";
import { type LineageNode, nodeSize, placeLineage } from "./lineage-layout.ts";

const node = (id: string, depth: number): LineageNode => ({ id, kind: "blob", title: id, digest: null, facts: {}, depth });
const lineage = (nodes: LineageNode[], pairs: [string, string][]) => ({
  nodes,
  edges: pairs.map(([from, to]) => ({ from, to, relation: "input" })),
  counts: {},
  total: nodes.length,
});

test("what a thing came from stands at its left, what came of it at its right, neighbours beside each other", () => {
  const up = lineage(
    [node("run", 0), node("a", 1), node("b", 1), node("above b", 2), node("above a", 2)],
    [
      ["run", "a"],
      ["run", "b"],
      ["a", "above a"],
      ["b", "above b"],
    ],
  );
  const down = lineage([node("run", 0), node("model", 1)], [["model", "run"]]);
  const drawn = placeLineage(up, down);
  const at = (id: string) => drawn.nodes.find((one) => one.node.id === id);
  expect(["above a", "a", "run", "model"].map((id) => at(id)?.column)).toEqual([-2, -1, 0, 1]);
  expect(at("above a")?.x).toBe(0);
  expect(at("model")?.x).toBe(3 * (nodeSize.width + nodeSize.columnGap));
  expect((at("above a")?.y ?? 0) < (at("above b")?.y ?? 0)).toBe((at("a")?.y ?? 0) < (at("b")?.y ?? 0));
  expect(drawn.edges).toHaveLength(5);
});

test("a column with more than can be seen counts the rest", () => {
  const many = Array.from({ length: 30 }, (_, i) => node(`n${i}`, 1));
  const drawn = placeLineage(
    lineage(
      [node("run", 0), ...many],
      many.map((one) => ["run", one.id]),
    ),
    lineage([node("run", 0)], []),
  );
  expect(drawn.nodes.length).toBe(11);
  expect(drawn.hidden).toMatchObject([{ nodes: 20 }]);
  expect(drawn.edges.length).toBe(10);
});
