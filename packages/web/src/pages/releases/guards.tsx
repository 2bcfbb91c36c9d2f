import { number, seconds } from "../../parts/format.tsx";
import { Card, Empty } from "../../parts/layout.tsx";
import { VerdictGlyph } from "../../parts/verdict.tsx";
import type { Release } from "./release-page.tsx";

type Guard = Release["guards"][number];
const value = (guard: Guard, one: number | null): string =>
  one === null
    ? "–"
    : guard.unit === "s"
      ? one < 0.01
        ? `${number(Number((one * 1000).toPrecision(2)))} ms`
        : seconds(one)
      : guard.unit === "share"
        ? `${number(one * 100)} %`
        : number(one);
const evidence = (guard: Guard): string =>
  [
    guard.interval && guard.unit === "s"
      ? `[${guard.interval.map((end) => number(end * 1000)).join(", ")}] ms`
      : guard.interval
        ? `[${guard.interval.map(number).join(", ")}]`
        : null,
    guard.eValue === null ? null : `e ${number(guard.eValue)}`,
  ]
    .filter(Boolean)
    .join(", ");
const bound = (guard: Guard): string =>
  guard.bound === null
    ? "–"
    : guard.id === "failures"
      ? `e ${number(guard.bound)}`
      : guard.id === "score_mean"
        ? `±${number(guard.bound)}`
        : guard.unit === "s"
          ? seconds(guard.bound)
          : number(guard.bound);
/** What it found; nothing was asked where no bound was given. */
export const detailOf = (guard: Guard): string => (guard.verdict === "skipped" ? "not guarded: no bound was asked for" : guard.detail);
const shown = (guard: Guard): string => (guard.verdict === "inconclusive" ? guard.detail : evidence(guard) || guard.detail);

/** Each guardrail: what control and canary did at the same time, against the bound that takes it back. */
export const Guards = ({ one }: { one: Release }) => (
  <Card title="Guardrails" note={`back at e ${number(one.evidence.rollbackAt)}`} flush>
    {one.guards.length === 0 ? (
      <Empty title="No guardrail was looked at" />
    ) : (
      <div className="scroll" tabIndex={0} role="group" aria-label="Guardrails">
        <table>
          <thead>
            <tr>
              <th>Metric</th>
              <th className="num">{one.from ?? "control"}</th>
              <th className="num">{one.to}</th>
              <th className="num">Bound</th>
            </tr>
          </thead>
          <tbody>
            {one.guards.map((guard) => (
              <tr key={guard.id}>
                <td style={{ padding: "5px 10px" }} title={detailOf(guard)}>
                  <span className="verdict">
                    <VerdictGlyph mark={guard.verdict} />
                    <span>
                      <span style={{ fontWeight: 500 }}>{guard.title}</span>
                      <span className="muted" style={{ display: "block", fontSize: "0.71875rem" }}>
                        {shown(guard)}
                      </span>
                    </span>
                  </span>
                </td>
                <td className="num" style={{ whiteSpace: "nowrap" }}>
                  {value(guard, guard.control)}
                </td>
                <td className="num" style={{ whiteSpace: "nowrap" }}>
                  {value(guard, guard.canary)}
                </td>
                <td className="num second" style={{ whiteSpace: "nowrap" }}>
                  {bound(guard)}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    )}
  </Card>
);
