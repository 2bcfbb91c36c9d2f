import { IconArrowLeft, IconArrowRight, IconZoomIn, IconZoomOut } from "@tabler/icons-react";
import type { Part } from "./plot.tsx";

/** What dragging does, as buttons: closer, and with a part shown farther, earlier, later, all. */
export function ZoomBar({ of, whole, part, zoom }: { of: string; whole: Part; part: Part | null; zoom: (part: Part | null) => void }) {
  const now = part ?? whole;
  const size = now.to - now.from;
  const acts = [
    ...(part === null
      ? []
      : ([
          ["Earlier", IconArrowLeft, now.from - size / 2, now.to - size / 2],
          ["Later", IconArrowRight, now.from + size / 2, now.to + size / 2],
          ["Zoom out", IconZoomOut, now.from - size / 2, now.to + size / 2],
        ] as const)),
    ["Zoom in", IconZoomIn, now.from + size / 4, now.to - size / 4] as const,
  ];
  return (
    <span className="zoom" role="group" aria-label={`Part of ${of}`}>
      {part !== null && (
        <button type="button" className="text-button" onClick={() => zoom(null)}>
          Whole curve
        </button>
      )}
      {acts.map(([name, Icon, from, to]) => (
        <button
          key={name}
          type="button"
          className="icon-button small"
          aria-label={name}
          title={name === "Zoom in" ? "Zoom in; or drag over a part" : name}
          onClick={() => zoom({ from, to })}
        >
          <Icon size={14} stroke={1.75} />
        </button>
      ))}
    </span>
  );
}
