import type { Mark } from "@capstan/contract/operations/insights";

const words: Record<Mark, string> = {
  pass: "pass",
  warn: "warn",
  fail: "fail",
  error: "error",
  skipped: "skipped",
  inconclusive: "inconclusive",
  running: "running",
  waiting: "waiting",
  reused: "reused",
  none: "none yet",
};

/** A verdict as a silhouette first: circle, triangle, octagon, square, dashed circle, half circle. Colour only helps. */
export function VerdictGlyph({ mark, size = 16, label = true }: { mark: Mark; size?: number; label?: boolean }) {
  const named = label ? { role: "img" as const, "aria-label": words[mark] } : { "aria-hidden": true as const };
  const fill = `var(--${mark}-glyph)`;
  const cut = "var(--surface)";
  const stroke = { fill: "none", stroke: cut, strokeWidth: 1.7, strokeLinecap: "round" as const, strokeLinejoin: "round" as const };
  return (
    <svg width={size} height={size} viewBox="0 0 16 16" {...named}>
      {mark === "pass" && (
        <>
          <circle cx="8" cy="8" r="7" fill={fill} />
          <path d="M5 8.2l2.1 2.1L11 6.2" {...stroke} />
        </>
      )}
      {mark === "warn" && (
        <>
          <path d="M8 1.2l7 12.9H1z" fill={fill} stroke={fill} strokeWidth="1.2" strokeLinejoin="round" />
          <path d="M8 6v3.4M8 11.8v.1" {...stroke} />
        </>
      )}
      {mark === "fail" && (
        <>
          <path d="M5.1 1h5.8L15 5.1v5.8L10.9 15H5.1L1 10.9V5.1z" fill={fill} />
          <path d="M5.6 5.6l4.8 4.8M10.4 5.6l-4.8 4.8" {...stroke} />
        </>
      )}
      {mark === "error" && (
        <>
          <rect x="1.5" y="1.5" width="13" height="13" rx="1.5" fill={fill} />
          <path d="M8 4.6v4.2M8 11.4v.1" {...stroke} />
        </>
      )}
      {mark === "skipped" && (
        <>
          <circle cx="8" cy="8" r="6.2" fill="none" stroke={fill} strokeWidth="1.5" strokeDasharray="2.4 2" />
          <path d="M5.4 8h5.2" stroke={fill} strokeWidth="1.5" strokeLinecap="round" />
        </>
      )}
      {mark === "inconclusive" && (
        <>
          <circle cx="8" cy="8" r="6.2" fill="none" stroke={fill} strokeWidth="1.5" />
          <path d="M8 1.8a6.2 6.2 0 0 0 0 12.4z" fill={fill} />
        </>
      )}
      {mark === "running" && (
        <>
          <circle cx="8" cy="8" r="6" fill="none" stroke="var(--line-strong)" strokeWidth="2" />
          <path d="M8 2a6 6 0 0 1 6 6" fill="none" stroke="var(--accent)" strokeWidth="2" strokeLinecap="round" className="turning" />
        </>
      )}
      {mark === "waiting" && (
        <>
          <circle cx="8" cy="8" r="6" fill="none" stroke="var(--ink-3)" strokeWidth="1.4" />
          <path d="M8 4.8V8l2.2 1.6" fill="none" stroke="var(--ink-3)" strokeWidth="1.4" strokeLinecap="round" />
        </>
      )}
      {mark === "reused" && (
        <>
          <circle cx="8" cy="8" r="6" fill="none" stroke="var(--ink-3)" strokeWidth="1.4" />
          <path d="M8.8 4.4L6 8.4h3.6L7.2 11.8" fill="none" stroke="var(--ink-3)" strokeWidth="1.3" strokeLinejoin="round" />
        </>
      )}
      {mark === "none" && <circle cx="8" cy="8" r="3.4" fill="none" stroke="var(--line-strong)" strokeWidth="1.4" />}
    </svg>
  );
}

export function VerdictBadge({ mark, text }: { mark: Mark; text?: string }) {
  const known = ["pass", "warn", "fail", "error", "inconclusive", "skipped"].includes(mark);
  return (
    <span
      className="verdict badge"
      style={
        known ? { background: `var(--${mark}-soft)`, color: `var(--${mark})` } : { background: "var(--sunken)", color: "var(--ink-2)" }
      }
    >
      <VerdictGlyph mark={mark} size={14} label={false} />
      {text ?? words[mark]}
    </span>
  );
}
