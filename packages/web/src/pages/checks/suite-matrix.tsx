import { type Output } from "../../data/api.ts";
import { Ago, To } from "../../parts/format.tsx";
import { Card } from "../../parts/layout.tsx";
import { VerdictBadge, VerdictGlyph } from "../../parts/verdict.tsx";

export type Suite = Output<"checks.suites">["suites"][number];

/** A row is a test and its history, oldest left, newest right; a column is one run of the suite. */
export function SuiteMatrix({ project, suite, shown, linked }: { project: string; suite: Suite; shown: string | null; linked: boolean }) {
  const sets = [...new Set(suite.tests.flatMap((test) => test.history.map((one) => one.set)))].sort();
  const href = (set: string): string => `/p/${project}/checks/${suite.suite}?set=${set}`;
  return (
    <Card
      title={linked ? <To href={`/p/${project}/checks/${suite.suite}`}>{suite.suite}</To> : suite.suite}
      note={
        <>
          {suite.subjectKind}, {suite.runs} {suite.runs === 1 ? "run" : "runs"}
        </>
      }
      right={
        <span style={{ display: "inline-flex", gap: 10, alignItems: "center" }}>
          <Ago time={suite.last.startedAt} />
          <VerdictBadge mark={suite.verdict} />
        </span>
      }
      flush
    >
      <div className="scroll" tabIndex={0} role="group" aria-label={`History of ${suite.suite}`}>
        <table>
          <thead>
            <tr>
              <th scope="col">Test</th>
              <th scope="col">Kind</th>
              <th scope="col" colSpan={Math.max(1, sets.length)}>
                Oldest to newest
              </th>
              <th scope="col" className="num">
                Not passed
              </th>
            </tr>
          </thead>
          <tbody>
            {suite.tests.map((test) => {
              const at = new Map(test.history.map((one) => [one.set, one.verdict]));
              return (
                <tr key={test.id}>
                  <th scope="row" style={{ padding: "5px 10px", whiteSpace: "normal" }}>
                    {test.title}
                  </th>
                  <td className="muted">{test.kind}</td>
                  {sets.map((set, i) => (
                    <td key={set} className="glyph-cell" style={{ ...(set === shown && { background: "var(--accent-soft)" }) }}>
                      <To href={href(set)}>
                        <VerdictGlyph mark={at.get(set) ?? "none"} />
                        <span className="visually-hidden">
                          , run {i + 1} of {sets.length}
                        </span>
                      </To>
                    </td>
                  ))}
                  <td className="num" style={{ whiteSpace: "nowrap" }}>
                    {test.history.filter((one) => one.verdict !== "pass").length} of {test.history.length}
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
    </Card>
  );
}
