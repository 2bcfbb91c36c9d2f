import { type Output, useOperation } from "../data/api.ts";
import { Ago, count, Digest, number, seconds, To, who } from "./format.tsx";
import { Answer, Card } from "./layout.tsx";
import { nodeHref } from "./node.ts";
import { VerdictBadge, VerdictGlyph } from "./verdict.tsx";

type Result = Output<"checks.result">["results"][number];
const order = ["error", "fail", "inconclusive", "warn", "skipped", "pass"];

/** One run of a suite: observed against bound, on how much, and what broke the rule. */
export function ResultCard({ project, set }: { project: string; set: string }) {
  const query = useOperation("checks.result", { project, set });
  const base = `/p/${project}`;
  return (
    <Answer query={query}>
      {(one) => (
        <Card
          title={
            <>
              {one.suite} on{" "}
              {one.subject.includes("@") ? (
                <To className="inline-link" href={nodeHref(base, one.subject)}>
                  {one.subject}
                </To>
              ) : (
                one.subject
              )}
            </>
          }
          note={
            <>
              <Ago time={one.startedAt} told />, {seconds(one.seconds)}, by {who(one.actor)}
            </>
          }
          right={<VerdictBadge mark={one.verdict} />}
          flush
        >
          <p className="second" style={{ padding: "10px 14px", display: "flex", gap: 10, flexWrap: "wrap", alignItems: "center" }}>
            <Digest digest={one.subjectDigest} />
            {one.against.map((other) => (
              <span key={other.name}>
                against {other.name} <Digest digest={other.digest} />
              </span>
            ))}
            {one.run && <To href={`${base}/runs/${one.run}`}>run</To>}
            <To href={`${base}/record/${one.entry}`}>entry {one.entry.slice(-6)}</To>
            {one.because && <To href={`${base}/record/${one.because}`}>because of entry {one.because.slice(-6)}</To>}
          </p>
          <div className="scroll" tabIndex={0} role="group" aria-label={`Results of ${one.suite}`}>
            <table style={{ whiteSpace: "nowrap" }}>
              <thead>
                <tr>
                  <th scope="col">Test</th>
                  <th scope="col">Verdict</th>
                  <th scope="col" className="num">
                    Observed
                  </th>
                  <th scope="col">Bound</th>
                  <th scope="col" className="num">
                    Interval
                  </th>
                  <th scope="col" className="num">
                    Rows
                  </th>
                  <th scope="col">Detail</th>
                </tr>
              </thead>
              <tbody>
                {one.results
                  .toSorted((a, b) => order.indexOf(a.verdict) - order.indexOf(b.verdict))
                  .map((result) => (
                    <tr key={result.id}>
                      <th scope="row" style={{ padding: "6px 10px", whiteSpace: "normal", minWidth: 200 }}>
                        {result.title}
                        <div className="muted" style={{ fontWeight: 400, whiteSpace: "nowrap" }}>
                          {result.where}
                        </div>
                      </th>
                      <td>
                        <span className="verdict">
                          <VerdictGlyph mark={result.verdict} label={false} />
                          {result.verdict}
                        </span>
                      </td>
                      <td className="num">{number(result.observed)}</td>
                      <td style={{ whiteSpace: "nowrap" }}>{result.bound ?? "–"}</td>
                      <td className="num" style={{ whiteSpace: "nowrap" }}>
                        {result.interval ? `${number(result.interval[0])} … ${number(result.interval[1])}` : "–"}
                      </td>
                      <td className="num">{result.rows === null ? "–" : count(result.rows)}</td>
                      <td className="second" style={{ padding: "6px 10px", whiteSpace: "normal", minWidth: 240 }}>
                        {result.detail}
                      </td>
                    </tr>
                  ))}
              </tbody>
            </table>
          </div>
          {one.results
            .filter((result) => result.samples.length > 0)
            .map((result) => (
              <Samples key={result.id} result={result} />
            ))}
        </Card>
      )}
    </Answer>
  );
}

function Samples({ result }: { result: Result }) {
  const columns = [...new Set(result.samples.flatMap((sample) => Object.keys(sample)))].sort(
    (a, b) => Number(b === "row") - Number(a === "row"),
  );
  return (
    <details open={result.verdict === "fail" || result.verdict === "error"} style={{ borderTop: "1px solid var(--line)" }}>
      <summary style={{ padding: "10px 14px" }}>
        {result.samples.length} samples of {result.title}
      </summary>
      <div
        className="scroll"
        style={{ maxHeight: 300, overflowY: "auto" }}
        tabIndex={0}
        role="group"
        aria-label={`Samples of ${result.title}`}
      >
        <table>
          <thead>
            <tr>
              {columns.map((column) => (
                <th key={column} scope="col">
                  {column}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {result.samples.map((sample, i) => (
              <tr key={i}>
                {columns.map((column) => {
                  const value = sample[column];
                  return (
                    <td key={column}>
                      {value === null || value === undefined ? (
                        <span className="muted">–</span>
                      ) : typeof value === "object" ? (
                        <code>{JSON.stringify(value)}</code>
                      ) : (
                        String(value)
                      )}
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}
