import { BaseEdge, type Edge, type EdgeProps } from "@xyflow/react";
import type { Point } from "./layout.ts";

export type StepEdge = Edge<{ points: readonly Point[] }, "routed">;
const radius = 8;

/** Straight along its lanes, turning half-way between ranks. */
export function RoutedEdge({
  data,
  id,
  style,
  markerEnd,
  label,
  labelStyle,
  labelBgStyle,
  labelBgPadding,
  labelBgBorderRadius,
}: EdgeProps<StepEdge>) {
  const points = data?.points ?? [];
  const [before, last] = [points.at(-2), points.at(-1)];
  return (
    <BaseEdge
      id={id}
      path={pathOf(points)}
      {...(style && { style })}
      {...(markerEnd !== undefined && { markerEnd })}
      {...(before && last && { labelX: (before.x + last.x) / 2, labelY: (before.y + last.y) / 2 })}
      {...(label !== undefined && { label })}
      {...(labelStyle && { labelStyle })}
      {...(labelBgStyle && { labelBgStyle })}
      {...(labelBgPadding && { labelBgPadding })}
      {...(labelBgBorderRadius !== undefined && { labelBgBorderRadius })}
    />
  );
}

export function pathOf(points: readonly Point[]): string {
  const [first, ...rest] = points;
  if (!first) return "";
  let at = first;
  let path = `M${first.x} ${first.y}`;
  for (const next of rest) {
    const down = next.y - at.y;
    if (Math.abs(down) < 1) path += `H${next.x}`;
    else {
      const turn = (at.x + next.x) / 2;
      const r = Math.min(radius, Math.abs(down) / 2, Math.abs(next.x - at.x) / 2);
      const s = Math.sign(down);
      path += `H${turn - r}Q${turn} ${at.y} ${turn} ${at.y + s * r}V${next.y - s * r}Q${turn} ${next.y} ${turn + r} ${next.y}H${next.x}`;
    }
    at = next;
  }
  return path;
}
