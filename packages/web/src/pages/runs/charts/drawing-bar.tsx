import { useEffect, useState } from "react";
import { axes, axisWord } from "../curve-x.ts";
import type { Drawing } from "./drawing.ts";

/** How curves are drawn: their x, log axes, smoothing, outliers. */
export function DrawingBar({
  drawing,
  choose,
  children,
}: {
  drawing: Drawing;
  choose: (change: Partial<Drawing>) => void;
  children?: React.ReactNode;
}) {
  const [smooth, setSmooth] = useState(drawing.smooth);
  useEffect(() => setSmooth(drawing.smooth), [drawing.smooth]);
  return (
    <div className="drawing-bar" role="group" aria-label="How curves are drawn">
      <div className="segments" role="group" aria-label="x axis">
        {axes.map((axis) => (
          <button key={axis} type="button" aria-pressed={drawing.axis === axis} onClick={() => choose({ axis })}>
            {axisWord[axis]}
          </button>
        ))}
      </div>
      {(
        [
          ["logX", "log x"],
          ["logY", "log y"],
          ["clip", "hide outliers"],
        ] as const
      ).map(([key, word]) => (
        <label key={key} className="inline-field">
          <input type="checkbox" checked={drawing[key]} onChange={(event) => choose({ [key]: event.target.checked })} />
          <span>{word}</span>
        </label>
      ))}
      <label className="inline-field">
        <span>smooth</span>
        <input
          type="range"
          min={0}
          max={0.98}
          step={0.02}
          value={smooth}
          onChange={(event) => {
            setSmooth(Number(event.target.value));
            choose({ smooth: Number(event.target.value) });
          }}
        />
        <output className="muted">{smooth}</output>
      </label>
      {children}
    </div>
  );
}
