import type { ReactNode } from "react";
import { count, Digest, number, seconds, To } from "../../parts/format.tsx";
import { Card } from "../../parts/layout.tsx";
import { VerdictGlyph } from "../../parts/verdict.tsx";
import type { Release } from "./release-page.tsx";
import { moving } from "./state.ts";

export const Rows = ({ rows }: { rows: readonly (readonly [string, ReactNode])[] }) => (
  <dl style={{ margin: 0, display: "grid", gap: 6 }}>
    {rows.map(([label, value]) => (
      <div key={label} style={{ display: "flex", gap: 12, justifyContent: "space-between" }}>
        <dt className="second">{label}</dt>
        <dd style={{ margin: 0, textAlign: "right" }}>{value}</dd>
      </div>
    ))}
  </dl>
);

const version = (base: string, name: string | null) => (name === null ? "nothing" : <To href={`${base}/${name}`}>{name}</To>);

export function Arms({ one, base }: { one: Release; base: string }) {
  const { arms, traffic } = one;
  const canary = arms.canary === null ? 0 : arms.share;
  const won = one.state === "live" || one.state === "superseded";
  const live = won ? one.to : (arms.control ?? one.from);
  return (
    <Card title={moving(one.state) ? "Arms now" : "Arms at the end"} right={`${count(traffic.requests)} requests`}>
      <div
        role="img"
        aria-label={`${live ?? "nothing"} ${number((1 - canary) * 100)} %, ${arms.canary ?? "no canary"} ${number(canary * 100)} %`}
        style={{ display: "flex", height: 8, borderRadius: 4, overflow: "hidden", gap: 2, marginBottom: 8 }}
      >
        <i style={{ flex: 1 - canary, background: won ? "var(--accent)" : "var(--reference)" }} />
        {canary > 0 && <i style={{ flex: canary, background: "var(--accent)" }} />}
      </div>
      <Rows
        rows={[
          [
            "Live",
            <span key="l">
              {version(base, live)} {number((1 - canary) * 100)} %
            </span>,
          ],
          ...(arms.canary === null
            ? []
            : [
                [
                  "Canary",
                  <span key="c">
                    {version(base, arms.canary)} {number(canary * 100)} %
                  </span>,
                ] as const,
              ]),
          [
            "Share as planned",
            arms.shareP === null ? (
              moving(one.state) ? (
                "too few rows"
              ) : (
                "ended"
              )
            ) : (
              <span className="verdict">
                <VerdictGlyph mark={arms.shareP < 0.001 ? "fail" : "pass"} />p {number(arms.shareP)}
              </span>
            ),
          ],
          [
            "Failed for clients",
            <span key="f" className="verdict">
              <VerdictGlyph mark={traffic.failed > 0 ? "warn" : "pass"} />
              {count(traffic.failed)}
            </span>,
          ],
          ["Answered by the other arm", count(traffic.fallbacks)],
        ]}
      />
    </Card>
  );
}

export const Back = ({ one, base }: { one: Release; base: string }) => (
  <Card title="Way back">
    <Rows
      rows={[
        ["Leads to", version(base, one.back.version)],
        [
          "Loaded",
          <span key="w" className="verdict">
            <VerdictGlyph mark={one.back.warm ? "pass" : one.back.version === null ? "none" : "warn"} />
            {one.back.warm ? "warm" : "not loaded"}
          </span>,
        ],
        ["Took", one.back.took === null ? "not taken" : one.back.took < 0.001 ? "less than 1 ms" : seconds(one.back.took)],
        ["New bundle", <Digest key="d" digest={one.bundle} />],
        [
          "Gate",
          one.gate === null ? (
            "not asked"
          ) : (
            <span key="g" className="verdict">
              <VerdictGlyph mark={one.gate.verdict} />
              {one.gate.verdict}, {one.gate.results.filter((result) => result.verdict !== "skipped").length} questions
            </span>
          ),
        ],
        ["Dossier", <Digest key="o" digest={one.gate?.dossier} />],
      ]}
    />
  </Card>
);

export const ShadowCard = ({ shadow }: { shadow: NonNullable<Release["shadow"]> }) => (
  <Card title="Shadow" note="answered beside, seen by nobody">
    <Rows
      rows={[
        ["Rows compared", count(shadow.rows)],
        ["Dropped", count(shadow.dropped)],
        [
          "Failed only in shadow",
          <span key="e" className="verdict">
            <VerdictGlyph mark={shadow.onlyInShadow > 0 ? "warn" : "pass"} />
            {count(shadow.onlyInShadow)}
          </span>,
        ],
        [
          "Mean difference",
          shadow.meanDifference === null
            ? "–"
            : `${number(shadow.meanDifference)}${shadow.interval ? ` [${shadow.interval.map(number).join(", ")}]` : ""}`,
        ],
        ["Largest difference", number(shadow.largest)],
        [
          `Decisions that flip at ${number(shadow.threshold)}`,
          `${count(shadow.flips)}${shadow.flipShare === null ? "" : `, ${number(shadow.flipShare * 100)} %`}`,
        ],
      ]}
    />
  </Card>
);
