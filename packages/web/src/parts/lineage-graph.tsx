import { Link } from "@tanstack/react-router";
import { useMemo } from "react";
import type { Output } from "../data/api.ts";
import { nodeSize, type Placed, placeLineage } from "./lineage-layout.ts";
import { nodeHref } from "./node.ts";
import "./lineage.css";

/** How far the way between two nodes of one column goes out. */
const beside = 34;

/** The way from left to right between two nodes, or beside those of one column. */
function wayOf(a: Placed, b: Placed): string {
  if (a.column === b.column) {
    const [x, y1, y2] = [a.x + nodeSize.width, a.y + nodeSize.height / 2, b.y + nodeSize.height / 2];
    return `M${x} ${y1}C${x + beside} ${y1} ${x + beside} ${y2} ${x} ${y2}`;
  }
  const [left, right] = a.x <= b.x ? [a, b] : [b, a];
  const [x1, y1, x2, y2] = [left.x + nodeSize.width, left.y + nodeSize.height / 2, right.x, right.y + nodeSize.height / 2];
  const bend = Math.max(24, (x2 - x1) / 2);
  return `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`;
}

/** What a thing came from and what came of it, as links to all of them; the list beside it says the same. */
export function LineageGraph({
  base,
  node,
  up,
  down,
}: {
  base: string;
  node: string;
  up: Output<"record.lineage">;
  down: Output<"record.lineage">;
}) {
  const drawn = useMemo(() => placeLineage(up, down), [up, down]);
  return (
    <div className="lineage-scroll" tabIndex={0} role="group" aria-label="Lineage as a graph">
      <div className="lineage-graph" style={{ width: drawn.width + beside, height: drawn.height }}>
        <svg width={drawn.width + beside} height={drawn.height} aria-hidden>
          {drawn.edges.map((edge, i) => (
            <path key={i} d={wayOf(edge.from, edge.to)} />
          ))}
        </svg>
        {drawn.nodes.map(({ node: one, x, y }) => (
          <Link
            key={one.id}
            to={nodeHref(base, one.id) as never}
            className={one.id === node ? "lineage-node here" : "lineage-node"}
            style={{ left: x, top: y, width: nodeSize.width, height: nodeSize.height }}
            title={one.title}
            {...(one.id === node && { "aria-current": "true" as const })}
          >
            <span className="kind">{one.kind}</span>
            <span className="name">{one.title}</span>
          </Link>
        ))}
        {drawn.hidden.map((one) => (
          <span key={one.x} className="lineage-more" style={{ left: one.x, top: one.y, width: nodeSize.width }}>
            {one.nodes} more, in the list
          </span>
        ))}
      </div>
    </div>
  );
}
