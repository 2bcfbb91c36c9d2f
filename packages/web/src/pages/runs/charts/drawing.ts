import { useNavigate, useSearch } from "@tanstack/react-router";
import { useMemo } from "react";
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

/** Kept in the address, as `x`, `log`, `smooth` and `clip`. */
export function useDrawing(): { drawing: Drawing; choose: (change: Partial<Drawing>) => void } {
  const search = useSearch({ strict: false }) as Record<string, unknown>;
  const navigate = useNavigate();
  const { x, log, smooth, clip } = search;
  const drawing = useMemo(
    (): Drawing => ({
      axis: axes.find((one) => one === x) ?? "step",
      logX: String(log ?? "").includes("x"),
      logY: String(log ?? "").includes("y"),
      smooth: Math.min(0.99, Math.max(0, Number(smooth) || 0)),
      clip: clip === 1,
    }),
    [x, log, smooth, clip],
  );
  const choose = (change: Partial<Drawing>): void => {
    const next = { ...drawing, ...change };
    const logs = `${next.logX ? "x" : ""}${next.logY ? "y" : ""}`;
    const kept = {
      x: next.axis === "step" ? undefined : next.axis,
      log: logs === "" ? undefined : logs,
      smooth: next.smooth === 0 ? undefined : next.smooth,
      clip: next.clip ? 1 : undefined,
    };
    void navigate({
      to: ".",
      search: ((old: Record<string, unknown>) =>
        Object.fromEntries(Object.entries({ ...old, ...kept }).filter(([, value]) => value !== undefined))) as never,
      replace: true,
      resetScroll: false,
    });
  };
  return { drawing, choose };
}
