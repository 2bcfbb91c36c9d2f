import { useMemo } from "react";
import { Digest, number, seconds } from "../../parts/format.tsx";
import { type Evidence, EvidenceChart } from "../../parts/evidence-chart.tsx";
import { Card } from "../../parts/layout.tsx";
import { VerdictBadge } from "../../parts/verdict.tsx";
import { detailOf } from "./guards.tsx";
import type { Release } from "./release-page.tsx";

const signed = (value: number): string => `${value > 0 ? "+" : ""}${number(value)}`;
const after = (at: number): string => seconds(at);

/** Seconds since the start, and where each stage begins. */
function useTimes(one: Release): { x: number[]; marks: { x: number; label: string }[] } {
  return useMemo(() => {
    const zero = Date.parse(one.startedAt);
    const x = one.evidence.points.map((point) => (Date.parse(point.at) - zero) / 1000);
    const marks = one.evidence.points.flatMap((point, i) =>
      point.stage !== one.evidence.points[i - 1]?.stage ? [{ x: x[i] ?? 0, label: point.stage }] : [],
    );
    return { x, marks };
  }, [one]);
}

export function EValueCard({ one }: { one: Release }) {
  const { x, marks } = useTimes(one);
  const guard = one.guards.find((each) => each.id === "failures");
  const values = one.evidence.points.map((point) => point.eValue);
  const evidence: Evidence = {
    x,
    marks,
    lines: [{ label: "e-value", values }],
    bounds: [{ value: one.evidence.rollbackAt, label: `roll back at ${number(one.evidence.rollbackAt)}`, side: "above" }],
    guides: [{ value: 1, label: "1 = no evidence either way" }],
  };
  const last = values.findLast((value) => value !== null) ?? null;
  return (
    <Card
      title={`Evidence that ${one.to} fails more often than ${one.from ?? "nothing"}`}
      note="e-value, valid at every look"
      right={guard && <VerdictBadge mark={guard.verdict} text={guard.verdict === "pass" ? "No evidence of harm" : guard.title} />}
    >
      {last === null ? (
        <p className="second">No request was answered by both arms, so there is no evidence to draw.</p>
      ) : (
        <EvidenceChart
          evidence={evidence}
          log
          xText={after}
          summary={`e-value over ${x.length} looks, ${number(last)} at the end; a roll back happens at ${one.evidence.rollbackAt}`}
        />
      )}
      <p className="muted" style={{ paddingTop: 6 }}>
        {last !== null && "Time since the start. "}
        {guard && `${guard.detail}. `}
        {one.evidence.digest !== null && (
          <>
            Frozen as <Digest digest={one.evidence.digest} />
          </>
        )}
      </p>
    </Card>
  );
}

export function ScoreCard({ one }: { one: Release }) {
  const { x, marks } = useTimes(one);
  const guard = one.guards.find((each) => each.id === "score_mean");
  const points = one.evidence.points;
  const bound = one.evidence.scoreBound;
  const drawn = points.map((point) => (point.scoreLower === null ? null : point.scoreDifference));
  const widest = Math.max(...drawn.map((value) => Math.abs(value ?? 0)));
  const clipped = clip(
    points.map((point) => point.scoreLower),
    points.map((point) => point.scoreUpper),
    bound === null ? null : Math.max(bound, widest / 2),
  );
  const evidence: Evidence = {
    x,
    marks,
    lines: [{ label: "difference of the mean score", values: drawn }],
    band: { label: "interval that holds at every look", ...clipped },
    bounds:
      bound === null
        ? []
        : [
            { value: bound, label: `bound +${number(bound)}`, side: "above" },
            { value: -bound, label: `bound −${number(bound)}`, side: "below" },
          ],
    guides: [{ value: 0, label: "no difference" }],
  };
  return (
    <Card
      title={`Score, ${one.to} minus ${one.from ?? "nothing"}`}
      note="mean of what was answered at the same time"
      right={
        guard && (
          <VerdictBadge
            mark={guard.verdict}
            text={guard.verdict === "fail" ? "Beyond the bound" : guard.verdict === "pass" ? "Within the bound" : guard.verdict}
          />
        )
      }
    >
      {drawn.every((value) => value === null) ? (
        <p className="second">Too few rows in both arms for an interval.</p>
      ) : (
        <EvidenceChart
          evidence={evidence}
          xText={after}
          yText={signed}
          height={200}
          summary={`difference of the mean score, ${guard?.detail ?? "no guard"}`}
        />
      )}
      {guard && (
        <p className="muted" style={{ paddingTop: 6 }}>
          {detailOf(guard)}.
        </p>
      )}
    </Card>
  );
}

/** First intervals are many times wider than the bound and would flatten all others: drawn to four bounds. */
function clip(
  low: readonly (number | null)[],
  high: readonly (number | null)[],
  bound: number | null,
): { low: (number | null)[]; high: (number | null)[] } {
  const edge = bound === null ? 1 : bound * 4;
  return {
    low: low.map((value) => (value === null ? null : Math.max(-edge, value))),
    high: high.map((value) => (value === null ? null : Math.min(edge, value))),
  };
}
