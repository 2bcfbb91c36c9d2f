import { useState } from "react";
import { useOperation } from "../../data/api.ts";
import { bytes, count, number } from "../../parts/format.tsx";
import { Answer, Card, Empty, Facts } from "../../parts/layout.tsx";
import { VerdictBadge } from "../../parts/verdict.tsx";
import { Overlay } from "./histogram.tsx";
import { middle, nullShare } from "./profile.tsx";

const signed = (value: number): string => `${value > 0 ? "+" : value < 0 ? "−" : ""}${count(Math.abs(value))}`;

/** What changed since another version; the one before unless chosen. */
export function Diff({
  project,
  dataset,
  version,
  others,
}: {
  project: string;
  dataset: string;
  version: string;
  others: readonly string[];
}) {
  const [from, setFrom] = useState(others[0] ?? "");
  const query = useOperation("data.diff", { project, dataset, from, to: version }, { enabled: from !== "" });
  if (others.length === 0)
    return (
      <Card>
        <Empty title="Nothing to compare with">
          {version} is the only version of {dataset}. The next one is held against it here.
        </Empty>
      </Card>
    );
  return (
    <>
      <label style={{ display: "flex", gap: 8, alignItems: "center" }}>
        Against
        <select className="field" style={{ width: "auto" }} value={from} onChange={(event) => setFrom(event.target.value)}>
          {others.map((one) => (
            <option key={one}>{one}</option>
          ))}
        </select>
      </label>
      <Answer query={query}>
        {(diff) => (
          <>
            <Facts
              facts={[
                {
                  label: "Rows",
                  value: diff.rows.before === null || diff.rows.after === null ? "–" : signed(diff.rows.after - diff.rows.before),
                  small: `${diff.rows.before === null ? "–" : count(diff.rows.before)} → ${diff.rows.after === null ? "–" : count(diff.rows.after)}`,
                },
                { label: "Size", value: bytes(diff.to.sizeBytes), small: `was ${bytes(diff.from.sizeBytes)}` },
                {
                  label: "Columns changed",
                  value: diff.columns.filter((one) => one.change !== "same").length,
                  small: `of ${diff.columns.length}`,
                },
              ]}
            />
            <Card title="Columns" note={`most changed first; grey bars ${from}, line ${version}`} flush>
              <div className="scroll" tabIndex={0} role="group" aria-label="Table of changed columns">
                <table>
                  <thead>
                    <tr>
                      <th scope="col">Column</th>
                      <th scope="col">Distribution</th>
                      <th scope="col" className="num">
                        Distance
                      </th>
                      <th scope="col" className="num">
                        Null {from}
                      </th>
                      <th scope="col" className="num">
                        Null {version}
                      </th>
                      <th scope="col" className="num">
                        Median {from}
                      </th>
                      <th scope="col" className="num">
                        Median {version}
                      </th>
                      <th scope="col">What changed</th>
                    </tr>
                  </thead>
                  <tbody>
                    {diff.columns.map((one) => (
                      <tr key={one.name}>
                        <th scope="row" style={{ height: 50 }}>
                          {one.name}{" "}
                          {one.change !== "same" && (
                            <VerdictBadge
                              mark={one.change === "values" ? "warn" : one.change === "added" ? "inconclusive" : "fail"}
                              text={one.change}
                            />
                          )}
                        </th>
                        <td>
                          <Overlay before={one.before} after={one.after} />
                        </td>
                        <td className="num">{number(one.distance)}</td>
                        <td className="num muted">{nullShare(one.before)}</td>
                        <td className="num">{nullShare(one.after)}</td>
                        <td className="num muted">{middle(one.before)}</td>
                        <td className="num">{middle(one.after)}</td>
                        <td className="second">{one.notes.join("; ")}</td>
                      </tr>
                    ))}
                  </tbody>
                </table>
              </div>
            </Card>
            {diff.files && (
              <Card title="Files" note={`${diff.files.same} the same`}>
                <ul>
                  {(
                    [
                      ["added", diff.files.added],
                      ["removed", diff.files.removed],
                      ["changed", diff.files.changed],
                    ] as const
                  ).flatMap(([word, all]) =>
                    all.map((path) => (
                      <li key={`${word} ${path}`}>
                        {word} <code>{path}</code>
                      </li>
                    )),
                  )}
                </ul>
              </Card>
            )}
          </>
        )}
      </Answer>
    </>
  );
}
