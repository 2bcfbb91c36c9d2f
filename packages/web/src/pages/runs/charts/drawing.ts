import { useCallback, useMemo } from "react";
import { type Search, useAddress } from "../../../data/address.ts";
import { axes, type Axis } from "../curve-x.ts";

/** How curves are drawn, on all charts of a page. */
export type Drawing = {
  axis: Axis;
  logX: boolean;
  logY: boolean;
  /** Share of the past, 0 to 0.99. */ smooth: number;
  /** The outermost values do not decide the range. */ clip: boolean;
};

export const plain: Drawing = { axis: "step", logX: false, logY: false, smooth: 0, clip: false };

const drawingOf = ({ x, log, smooth, clip }: Search): Drawing => ({
  axis: axes.find((one) => one === x) ?? "step",
  logX: String(log ?? "").includes("x"),
  logY: String(log ?? "").includes("y"),
  smooth: Math.min(0.99, Math.max(0, Number(smooth) || 0)),
  clip: clip === 1,
});
const searchOf = ({ axis, logX, logY, smooth, clip }: Drawing): Search => ({
  x: axis === "step" ? undefined : axis,
  log: `${logX ? "x" : ""}${logY ? "y" : ""}`,
  smooth: smooth === 0 ? undefined : smooth,
  clip: clip ? 1 : undefined,
});

/** Kept in the address, as `x`, `log`, `smooth` and `clip`. */
export function useDrawing(): { drawing: Drawing; choose: (change: Partial<Drawing>) => void } {
  const { search, set } = useAddress();
  const { x, log, smooth, clip } = search;
  const drawing = useMemo(() => drawingOf({ x, log, smooth, clip }), [x, log, smooth, clip]);
  const choose = useCallback((change: Partial<Drawing>): void => set((now) => searchOf({ ...drawingOf(now), ...change })), [set]);
  return { drawing, choose };
}
