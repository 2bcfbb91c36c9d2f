import { expect, test } from "vitest";
import { layoutOf, size } from "./layout.ts";

test("no edge lies under a node that it does not end at", () => {
  const pairs = [
    ["data", "prepare"],
    ["data", "features"],
    ["prepare", "train"],
    ["prepare", "baseline"],
    ["prepare", "features"],
    ["prepare", "backtest"],
    ["prepare", "evaluate"],
    ["train", "evaluate"],
    ["baseline", "evaluate"],
  ] as const;
  const ids = [...new Set(pairs.flat())];
  const { nodes, edges } = layoutOf(ids, pairs);
  const under: string[] = [];
  for (const [from, to] of pairs) {
    const points = edges.get(`${from} ${to}`) ?? [];
    points.slice(1).forEach((end, i) => {
      const begin = points[i] ?? end;
      const turn = (begin.x + end.x) / 2;
      const parts = [
        { left: begin.x, right: turn, top: begin.y, bottom: begin.y },
        { left: turn, right: turn, top: Math.min(begin.y, end.y), bottom: Math.max(begin.y, end.y) },
        { left: turn, right: end.x, top: end.y, bottom: end.y },
      ];
      for (const id of ids.filter((one) => one !== from && one !== to)) {
        const { x, y } = nodes.get(id) ?? { x: 0, y: 0 };
        if (parts.some((part) => part.right > x && part.left < x + size.width && part.bottom > y && part.top < y + size.height))
          under.push(`${from} to ${to} under ${id}`);
      }
    });
  }
  expect(under).toEqual([]);
});
