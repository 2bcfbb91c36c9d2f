import type { Output } from "../../data/api.ts";
import { Card } from "../../parts/layout.tsx";
import { VerdictGlyph } from "../../parts/verdict.tsx";

type Risk = Output<"governance.gate">["risk"];
const axes = ["business", "ethical", "legal"] as const;

/** The level, and for each axis the answer that put it there. */
export const RiskCard = ({ risk }: { risk: Risk }) => (
  <Card
    title="Risk"
    note={`tier ${risk.tier} of the EU AI Act`}
    right={<strong style={{ color: "var(--ink)" }}>{risk.prohibited ? "prohibited" : `Level ${risk.level}`}</strong>}
  >
    <div style={{ display: "grid", gridTemplateColumns: "auto auto auto 1fr", gap: "8px 12px", alignItems: "center" }}>
      {axes.map((axis) => {
        const reasons = risk.reasons.filter((one) => one.axis === axis);
        return [
          <span key={axis} style={{ textTransform: "none" }}>
            {axis[0]?.toUpperCase()}
            {axis.slice(1)}
          </span>,
          <span key={`${axis} bar`} aria-hidden style={{ display: "flex", gap: 3 }}>
            {[0, 1, 2, 3].map((step) => (
              <i
                key={step}
                style={{
                  width: 18,
                  height: 8,
                  borderRadius: 2,
                  background: step < risk.axes[axis] ? "var(--seq-4)" : step === risk.axes[axis] ? "var(--seq-6)" : "var(--sunken)",
                }}
              />
            ))}
          </span>,
          <strong key={`${axis} level`}>{risk.axes[axis]}</strong>,
          <span key={`${axis} why`} className="second">
            {reasons.length === 0
              ? "no answer raises it"
              : reasons
                  .map(
                    (one) =>
                      `${one.question.replaceAll("_", " ")} ${risk.unanswered.includes(one.question) ? "not answered" : one.answer}: ${one.effect}`,
                  )
                  .join("; ")}
          </span>,
        ];
      })}
    </div>
    <p className="second" style={{ paddingTop: 10 }}>
      {risk.reasons.filter((one) => one.axis === "eu").map((one) => `${one.question.replaceAll("_", " ")} ${one.answer}: ${one.effect}. `)}
      Reviewed every {risk.reviewMonths} months.{risk.duties.length > 0 && ` Duties: ${risk.duties.join(", ")}.`}
    </p>
    {risk.unanswered.length > 0 && (
      <p className="verdict second">
        <VerdictGlyph mark="inconclusive" size={13} />
        Not answered, counted as worst: {risk.unanswered.join(", ")}
      </p>
    )}
    {risk.contradictions.map((one) => (
      <p key={one.question} className="verdict">
        <VerdictGlyph mark="fail" size={13} />
        {one.question}: {one.answer}, but the record says {one.record}
      </p>
    ))}
  </Card>
);
