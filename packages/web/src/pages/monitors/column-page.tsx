import { useNavigate, useParams } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { type Output, useOperation } from "../../data/api.ts";
import { EvidenceChart } from "../../parts/evidence-chart.tsx";
import { Digest, number, To } from "../../parts/format.tsx";
import { Answer, Card, Empty, PageHead } from "../../parts/layout.tsx";
import { VerdictBadge, VerdictGlyph } from "../../parts/verdict.tsx";
import "./monitors.css";
import { Distribution } from "./distribution.tsx";
import { evidenceOf } from "./monitor-page.tsx";
import { short } from "./windows.ts";

type Column = Output<"monitors.column">;

/** One series: how far it is from training over time, how it looks in one window, and what likely did it. */
export function ColumnPage() {
  const {
    project = "",
    monitor = "",
    column = "",
  } = useParams({ strict: false }) as { project?: string; monitor?: string; column?: string };
  const [window, setWindow] = useState<string>();
  const query = useOperation("monitors.column", { project, monitor, column, ...(window !== undefined && { window }) });
  return <Answer query={query}>{(one) => <Page base={`/p/${project}`} one={one} setWindow={setWindow} />}</Answer>;
}

function Page({ base, one, setWindow }: { base: string; one: Column; setWindow: (start: string) => void }) {
  const navigate = useNavigate();
  const shown = one.windowList[one.shown];
  const evidence = useMemo(
    () => ({ ...evidenceOf(one.windowList, one.series, one.markers), chosen: shown ? Date.parse(shown.start) : null }),
    [one, shown],
  );
  const failing = one.series.cells.filter((cell) => cell.verdict === "fail").length;
  const values = one.series.cells.map((cell) => cell.value).filter((value): value is number => value !== null && value > 0);
  const log = one.series.bound !== null && one.series.lower === null && values.length > 0 && Math.max(...values) > 30 * one.series.bound;
  const move = (by: number): void => {
    const next = one.windowList[one.shown + by];
    if (next) setWindow(next.start);
  };
  return (
    <>
      <PageHead
        title={one.column}
        tags={
          <>
            <VerdictBadge
              mark={one.series.verdict}
              text={failing > 0 ? `beyond in ${failing} ${failing === 1 ? "window" : "windows"}` : one.series.verdict}
            />
            <span className="tag">
              {one.type}
              {one.unit !== "" && `, ${one.unit}`}
            </span>
            <span className="tag">against {one.reference}</span>
          </>
        }
        acts={
          <>
            <label>
              <span className="visually-hidden">Window</span>
              <select
                className="field"
                style={{ height: 28 }}
                value={shown?.start ?? ""}
                onChange={(event) => setWindow(event.target.value)}
                onKeyDown={(event) => {
                  if (event.key === "ArrowLeft" || event.key === "ArrowRight") {
                    event.preventDefault();
                    move(event.key === "ArrowLeft" ? -1 : 1);
                  }
                }}
              >
                {one.windowList.map((each) => (
                  <option key={each.start} value={each.start}>
                    {short(each.start)} to {short(each.end)}, {each.verdict}
                  </option>
                ))}
              </select>
            </label>
            {one.incident !== null && (
              <To className="button" href={`${base}/incidents/${one.incident}`}>
                Open {one.incident}
              </To>
            )}
          </>
        }
      >
        {one.series.unit === "" ? "" : `Distances in ${one.series.unit}. `}Series of monitor{" "}
        <To href={`${base}/monitors/${one.monitor}`}>{one.monitor}</To>.{" "}
        {shown && (
          <>
            The window from {short(shown.start)} to {short(shown.end)} is shown, with {number(shown.rows)} rows.
          </>
        )}
      </PageHead>
      <div className="series-beside">
        <Card title="Series" note={one.columns.length} flush>
          <ul style={{ listStyle: "none", margin: 0, padding: 6 }}>
            {one.columns.map((each) => (
              <li key={`${each.group} ${each.column}`}>
                <a
                  href={`${base}/monitors/${one.monitor}/columns/${each.column}`}
                  onClick={(event) => {
                    event.preventDefault();
                    void navigate({ to: `${base}/monitors/${one.monitor}/columns/${each.column}` as never });
                  }}
                  {...(each.column === one.column && { "aria-current": "page" as const })}
                  style={{
                    display: "flex",
                    gap: 8,
                    alignItems: "center",
                    padding: "3px 8px",
                    minHeight: 28,
                    borderRadius: 6,
                    color: "var(--ink)",
                    background: each.column === one.column ? "var(--accent-soft)" : "none",
                  }}
                >
                  <VerdictGlyph mark={each.verdict} size={14} />
                  <span style={{ overflow: "hidden", textOverflow: "ellipsis" }}>{each.column}</span>
                  <span className="second" style={{ marginLeft: "auto" }}>
                    {number(each.value === null ? null : Number(each.value.toPrecision(3)))}
                  </span>
                </a>
              </li>
            ))}
          </ul>
        </Card>
        <div className="grid" style={{ alignContent: "start" }}>
          <Card
            title="Distance from training"
            note={log ? "log axis; dashed is what sampling alone would give" : "dashed is what sampling alone would give"}
          >
            <EvidenceChart
              evidence={evidence}
              log={log}
              xText={(at) => short(new Date(at).toISOString())}
              summary={`${one.column} over ${one.windowList.length} windows, beyond the bound in ${failing}`}
            />
          </Card>
          {one.distribution ? (
            <Distribution
              one={one}
              distribution={one.distribution}
              name={shown ? `${short(shown.start)} to ${short(shown.end)}` : "window"}
            />
          ) : (
            <Card title="Facts">
              <dl style={{ margin: 0, display: "grid", gap: 6, maxWidth: 420 }}>
                {one.facts.map((fact) => (
                  <div key={fact.label} style={{ display: "flex", justifyContent: "space-between" }}>
                    <dt className="second">{fact.label}</dt>
                    <dd style={{ margin: 0, fontWeight: fact.strong ? 600 : 400 }}>{fact.value}</dd>
                  </div>
                ))}
              </dl>
            </Card>
          )}
          <Card
            title="Likely causes"
            note="ranked, each with its evidence"
            right={
              one.evidence !== null && (
                <>
                  frozen as <Digest digest={one.evidence} />
                </>
              )
            }
            flush
          >
            {one.causes.length === 0 ? (
              <Empty title="No cause to name">This window raised no alert.</Empty>
            ) : (
              <div className="scroll" tabIndex={0} role="group" aria-label="Likely causes">
                <table>
                  <thead>
                    <tr>
                      <th>Cause</th>
                      <th>Kind</th>
                      <th>Evidence</th>
                      <th className="num">Explains</th>
                    </tr>
                  </thead>
                  <tbody>
                    {one.causes.map((cause) => (
                      <tr key={cause.title}>
                        <td style={{ fontWeight: 500 }}>
                          <To href={cause.href}>{cause.title}</To>
                        </td>
                        <td>
                          <span className="tag">{cause.kind}</span>
                        </td>
                        <td className="second" style={{ padding: "5px 10px" }}>
                          {cause.evidence}
                        </td>
                        <td className="num">
                          <span style={{ display: "inline-flex", gap: 8, alignItems: "center" }}>
                            <i
                              aria-hidden
                              style={{
                                width: 64,
                                height: 6,
                                borderRadius: 3,
                                background: `linear-gradient(to right, var(--seq-5) ${cause.score * 100}%, var(--sunken) 0)`,
                              }}
                            />
                            {number(cause.score)}
                          </span>
                        </td>
                      </tr>
                    ))}
                  </tbody>
                </table>
              </div>
            )}
          </Card>
        </div>
      </div>
    </>
  );
}
