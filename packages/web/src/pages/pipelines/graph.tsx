import { Background, Controls, Handle, MarkerType, type Node, type NodeProps, Position, ReactFlow } from "@xyflow/react";
import "@xyflow/react/dist/style.css";
import { IconDatabase, IconFile, IconTerminal2 } from "@tabler/icons-react";
import { useMemo } from "react";
import { VerdictGlyph } from "../../parts/verdict.tsx";
import { layoutOf, size } from "./layout.ts";
import { RoutedEdge, type StepEdge } from "./routed-edge.tsx";
import type { GraphEdge, GraphNode } from "./states.ts";
import "./graph.css";

type StepNode = Node<{ node: GraphNode; chosen: boolean }, "step">;
const icons = { step: IconTerminal2, data: IconDatabase, file: IconFile };

function Box({ data: { node, chosen } }: NodeProps<StepNode>) {
  const Icon = icons[node.kind];
  return (
    <div className={`step-node${node.quiet ? " quiet" : ""}${node.pale ? " pale" : ""}${chosen ? " chosen" : ""}`}>
      <Handle type="target" position={Position.Left} isConnectable={false} />
      <div className="name">
        <Icon size={15} stroke={1.75} aria-hidden />
        <span>{node.name}</span>
        {node.kind === "step" && <VerdictGlyph mark={node.mark} label={false} />}
      </div>
      <div className="state">
        <span>{node.word}</span>
        <span>{node.fact}</span>
      </div>
      {node.progress !== null && <i className="done" style={{ width: `${Math.round(node.progress * 100)}%` }} />}
      <Handle type="source" position={Position.Right} isConnectable={false} />
    </div>
  );
}
const nodeTypes = { step: Box };
const edgeTypes = { routed: RoutedEdge };

/** Left to right. Positions depend on names and edges only, so a running pipeline does not move under the eye. */
export default function Graph({
  nodes,
  edges,
  chosen,
  choose,
}: {
  nodes: readonly GraphNode[];
  edges: readonly GraphEdge[];
  chosen: string | null;
  choose: (step: string) => void;
}) {
  const shape = JSON.stringify([nodes.map((node) => node.id), edges.map((edge) => [edge.from, edge.to])]);
  const at = useMemo(() => {
    const [ids, pairs] = JSON.parse(shape) as [string[], [string, string][]];
    return layoutOf(ids, pairs);
  }, [shape]);
  const flowNodes = nodes.map((node): StepNode => ({
    id: node.id,
    type: "step",
    position: at.nodes.get(node.id) ?? { x: 0, y: 0 },
    data: { node, chosen: chosen === node.name && node.kind === "step" },
    ...size,
    ariaLabel: `${node.name}: ${node.word} ${node.fact}`,
    focusable: node.kind === "step",
    draggable: false,
  }));
  const joined = Map.groupBy(edges, (edge) => `${edge.from} ${edge.to}`);
  const flowEdges = [...joined].map(([id, group]): StepEdge => {
    const changed = group.some((edge) => edge.changed);
    const stroke = changed ? "var(--accent)" : "var(--line-strong)";
    return {
      id,
      source: group[0]?.from ?? "",
      target: group[0]?.to ?? "",
      type: "routed",
      data: { points: at.edges.get(id) ?? [] },
      focusable: false,
      style: { stroke, strokeWidth: changed ? 2 : 1.4 },
      markerEnd: { type: MarkerType.ArrowClosed, color: stroke, width: 16, height: 16 },
      ...(changed && {
        label: "changed",
        labelStyle: { fill: "var(--accent-ink)", fontSize: 10.5 },
        labelBgStyle: { fill: "var(--accent-soft)" },
        labelBgPadding: [5, 2] as [number, number],
        labelBgBorderRadius: 4,
      }),
    };
  });
  return (
    <ReactFlow
      nodes={flowNodes}
      edges={flowEdges}
      nodeTypes={nodeTypes}
      edgeTypes={edgeTypes}
      fitView
      fitViewOptions={{ padding: 0.06, maxZoom: 1 }}
      minZoom={0.2}
      maxZoom={1.6}
      nodesConnectable={false}
      zoomOnScroll={false}
      preventScrolling={false}
      elementsSelectable
      onNodeClick={(_, node) => {
        if (node.id.startsWith("step:")) choose(node.id.slice(5));
      }}
      onSelectionChange={({ nodes: [first] }) => {
        if (first?.id.startsWith("step:")) choose(first.id.slice(5));
      }}
    >
      <Background gap={20} color="var(--line)" />
      <Controls showInteractive={false} position="bottom-left" orientation="horizontal" />
    </ReactFlow>
  );
}
