import { VerdictGlyph } from "../../parts/verdict.tsx";

export const urgency = ["error", "fail", "inconclusive", "warn", "pass", "skipped"] as const;
export type Verdict = (typeof urgency)[number];

/** How many answers of each verdict, most urgent first; those that did not occur are left out. */
export const CountsLine = ({ counts }: { counts: Record<Verdict, number> }) => (
  <span style={{ display: "inline-flex", gap: 10, flexWrap: "wrap" }}>
    {urgency
      .filter((verdict) => counts[verdict] > 0)
      .map((verdict) => (
        <span key={verdict} className="verdict" style={{ gap: 4 }}>
          <VerdictGlyph mark={verdict} size={13} label={false} />
          {counts[verdict]} {verdict}
        </span>
      ))}
  </span>
);
