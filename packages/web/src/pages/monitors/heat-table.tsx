import { Fragment } from "react";
import type { Output } from "../../data/api.ts";
import { number, To } from "../../parts/format.tsx";
import { VerdictGlyph } from "../../parts/verdict.tsx";
import { groupNames, shadeOf, short } from "./windows.ts";

type Monitor = Output<"monitors.get">;
const order = { error: 0, fail: 1, inconclusive: 2, warn: 3, pass: 4, skipped: 5 } as const;

/** Rows are series, columns windows. Shade: how far beyond its bound; glyph: the verdict. */
export function HeatTable({ one, base }: { one: Monitor; base: string }) {
  const hours = one.windowSeconds < 86_400;
  const groups = (Object.keys(groupNames) as (keyof typeof groupNames)[])
    .map((id) => ({
      id,
      list: one.seriesList
        .filter((each) => each.group === id)
        .sort((a, b) => order[a.verdict] - order[b.verdict] || (a.importance ?? 1e9) - (b.importance ?? 1e9)),
    }))
    .filter((group) => group.list.length > 0);
  return (
    <div className="scroll" tabIndex={0} role="group" aria-label="Series by window">
      <table style={{ minWidth: 300 + one.windowList.length * 44 }}>
        <thead>
          <tr>
            <th scope="col">Series</th>
            <th scope="col" className="num">
              Bound
            </th>
            {one.windowList.map((window) => (
              <th
                key={window.index}
                scope="col"
                style={{ textAlign: "center", padding: 2, fontSize: "0.6875rem" }}
                title={`${window.start} to ${window.end}, ${window.rows} rows, ${window.labels} labels`}
              >
                {short(window.start, hours)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {groups.map((group) => (
            <Fragment key={group.id}>
              {groups.length > 1 && (
                <tr>
                  <th scope="rowgroup" colSpan={2 + one.windowList.length} className="muted" style={{ height: 26, fontSize: "0.71875rem" }}>
                    {groupNames[group.id]}
                  </th>
                </tr>
              )}
              {group.list.map((series) => (
                <tr key={series.id}>
                  <th scope="row" style={{ fontWeight: 400 }}>
                    <span className="verdict">
                      <VerdictGlyph mark={series.verdict} size={14} />
                      <To href={`${base}/columns/${series.name}`}>{series.name}</To>
                    </span>
                  </th>
                  <td className="num second" title={`unit ${series.unit}`}>
                    {series.lower !== null && `${number(series.lower)} to `}
                    {number(series.bound)}
                  </td>
                  {series.cells.map((cell, i) => {
                    const shade = shadeOf(cell.excess);
                    const beyond = cell.verdict === "fail" || cell.verdict === "error" || cell.verdict === "warn";
                    return (
                      <td
                        key={i}
                        style={{ padding: 2, height: 30 }}
                        title={`${short(one.windowList[i]?.start ?? "")}: ${number(cell.value)}, bound ${number(cell.bound)}, ${cell.verdict}${cell.mature ? "" : ", labels still to come"}`}
                      >
                        <span
                          style={{
                            display: "grid",
                            placeItems: "center",
                            height: 26,
                            borderRadius: 4,
                            background: `var(--seq-${shade})`,
                            border: beyond
                              ? `1.5px ${cell.verdict === "warn" ? "dashed" : "solid"} var(--${cell.verdict}-glyph)`
                              : "1px solid transparent",
                            ...(!cell.mature && {
                              backgroundImage: "repeating-linear-gradient(135deg, var(--line-strong) 0 1px, transparent 1px 5px)",
                            }),
                          }}
                        >
                          {cell.verdict === "pass" ? (
                            <span className="visually-hidden">pass {number(cell.value)}</span>
                          ) : (
                            <span
                              style={{
                                display: "grid",
                                placeItems: "center",
                                width: 17,
                                height: 17,
                                borderRadius: 5,
                                background: "var(--surface)",
                              }}
                            >
                              <VerdictGlyph mark={cell.verdict} size={13} />
                            </span>
                          )}
                        </span>
                      </td>
                    );
                  })}
                </tr>
              ))}
            </Fragment>
          ))}
        </tbody>
        <tfoot>
          <tr>
            <th scope="row" className="second" style={{ borderBottom: 0 }}>
              Window
            </th>
            <td style={{ borderBottom: 0 }} />
            {one.windowList.map((window) => (
              <td key={window.index} style={{ textAlign: "center", padding: 2, borderBottom: 0 }}>
                <VerdictGlyph mark={window.verdict} size={14} />
              </td>
            ))}
          </tr>
        </tfoot>
      </table>
    </div>
  );
}

export const ShadeKey = () => (
  <span style={{ display: "inline-flex", gap: 2, alignItems: "center" }}>
    inside
    {[1, 2, 3, 4, 5, 6, 7, 8].map((step) => (
      <i key={step} aria-hidden style={{ width: 14, height: 10, borderRadius: 2, background: `var(--seq-${step})` }} />
    ))}
    100 bounds beyond
  </span>
);
