import { count, seconds } from "../../parts/format.tsx";
import { VerdictGlyph } from "../../parts/verdict.tsx";
import type { Release } from "./release-page.tsx";

const part = (done: number, asked: number): number => (asked === 0 ? 1 : Math.min(1, done / asked));

/** The stages in order: time and rows done against asked, and the verdict of each. */
export const Steps = ({
  stages,
  gate,
}: {
  stages: Release["stages"];
  /** What the gate said, also where an override went past it. */ gate: Release["verdict"];
}) => (
  <ol
    className="card"
    aria-label="Steps"
    style={{
      display: "grid",
      gridTemplateColumns: `repeat(auto-fit, minmax(170px, 1fr))`,
      listStyle: "none",
      margin: 0,
      padding: 0,
      overflow: "hidden",
    }}
  >
    {stages.map((stage) => {
      const done = Math.min(part(stage.seconds, stage.asksSeconds), part(stage.rows, stage.asksRows));
      const now = stage.state === "running";
      const verdict = stage.kind === "gate" ? (gate ?? stage.verdict) : stage.verdict;
      return (
        <li
          key={stage.name}
          {...(now && { "aria-current": "step" as const })}
          style={{
            display: "grid",
            gap: 1,
            padding: "10px 14px 12px",
            borderRight: "1px solid var(--line)",
            position: "relative",
            background: now ? "var(--accent-soft)" : "none",
          }}
          title={stage.because ?? undefined}
        >
          <span className="verdict" style={{ fontWeight: 600 }}>
            <VerdictGlyph mark={stage.state === "running" ? "running" : stage.state === "waiting" ? "none" : (verdict ?? "none")} />
            <span style={{ textTransform: "none" }} className={stage.state === "waiting" ? "second" : undefined}>
              {stage.name[0]?.toUpperCase()}
              {stage.name.slice(1)}
            </span>
          </span>
          <span style={{ paddingLeft: 22 }} className="second">
            {stage.state === "waiting"
              ? "not reached"
              : `${seconds(stage.seconds)}${stage.asksSeconds > 0 ? ` of ${seconds(stage.asksSeconds)}` : ""}`}
          </span>
          <span style={{ paddingLeft: 22 }} className="muted">
            {stage.asksRows > 0
              ? `${count(stage.rows)} of ${count(stage.asksRows)} rows`
              : stage.kind === "gate"
                ? verdict === "fail"
                  ? "passed by override"
                  : "evidence from the record"
                : stage.kind === "live"
                  ? "everyone"
                  : "\u00a0"}
          </span>
          {stage.state !== "waiting" && (
            <i
              aria-hidden
              style={{
                position: "absolute",
                left: 0,
                bottom: 0,
                height: 3,
                width: `${(stage.state === "done" && stage.verdict === "pass" ? 1 : done) * 100}%`,
                background: verdict === "fail" ? "var(--fail-glyph)" : "var(--accent)",
              }}
            />
          )}
        </li>
      );
    })}
  </ol>
);
