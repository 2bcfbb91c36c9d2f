import { useParams } from "@tanstack/react-router";
import { useOperation } from "../../data/api.ts";
import { Ago, bytes, count, Digest, To } from "../../parts/format.tsx";
import { Answer, Card, PageHead } from "../../parts/layout.tsx";
import { VerdictGlyph } from "../../parts/verdict.tsx";
import { num, TableCard } from "../../parts/table-card.tsx";

export function DatasetPage() {
  const { project = "", dataset = "" } = useParams({ strict: false }) as { project?: string; dataset?: string };
  const query = useOperation("data.get", { project, dataset });
  const base = `/p/${project}`;
  return (
    <Answer query={query} head={dataset}>
      {({ versions, refused }) => (
        <>
          <PageHead
            title={dataset}
            tags={<span className="tag">dataset</span>}
            acts={
              versions[0] && (
                <To href={`${base}/data/${dataset}/${versions[0].version}`} className="button">
                  Open {versions[0].version}
                </To>
              )
            }
          >
            {versions.length} {versions.length === 1 ? "version" : "versions"}, {refused.length} refused.
            {versions[0]?.origin && ` ${versions[0].origin}.`}
          </PageHead>
          <TableCard
            title="Versions"
            note="newest first"
            label="Table of versions"
            head={["Version", num("Rows"), num("Size"), "Format", "Added", "By", "Digest", "Difference"]}
          >
            {versions.map((one, i) => (
              <tr key={one.version}>
                <th scope="row">
                  <span className="verdict">
                    <VerdictGlyph mark={one.verdict} />
                    <To href={`${base}/data/${dataset}/${one.version}`}>{one.version}</To>
                  </span>
                </th>
                <td className="num">{one.rows === null ? "–" : count(one.rows)}</td>
                <td className="num">{bytes(one.sizeBytes)}</td>
                <td>{one.format}</td>
                <td>
                  <Ago time={one.addedAt} />
                </td>
                <td>{one.actor}</td>
                <td>
                  <Digest digest={one.digest} />
                </td>
                <td>
                  {versions[i + 1] ? (
                    <To href={`${base}/data/${dataset}/${one.version}?tab=diff`}>against {versions[i + 1]?.version}</To>
                  ) : (
                    <span className="muted">the first</span>
                  )}
                </td>
              </tr>
            ))}
          </TableCard>
          <Card title="Refused" note="offers that broke a rule; nothing was kept but the verdict" flush>
            {refused.length === 0 ? (
              <p className="second" style={{ padding: 14 }}>
                Every offer passed its rules.
              </p>
            ) : (
              <div className="scroll" tabIndex={0} role="group" aria-label="Table of refused offers">
                <table>
                  <thead>
                    <tr>
                      <th scope="col">Verdict</th>
                      <th scope="col">Offered</th>
                      <th scope="col">By</th>
                      <th scope="col" className="num">
                        Size
                      </th>
                      <th scope="col">Digest</th>
                      <th scope="col">Evidence</th>
                    </tr>
                  </thead>
                  <tbody>
                    {refused.map((one) => (
                      <tr key={one.entry}>
                        <th scope="row">
                          <span className="verdict">
                            <VerdictGlyph mark={one.verdict} label={false} />
                            {one.verdict}
                          </span>
                        </th>
                        <td>
                          <Ago time={one.at} />
                        </td>
                        <td>{one.actor}</td>
                        <td className="num">{bytes(one.sizeBytes)}</td>
                        <td>
                          <Digest digest={one.digest} />
                        </td>
                        <td>
                          <To href={`${base}/record/${one.entry}`}>entry {one.entry.slice(-6)}</To>
                        </td>
                      </tr>
                    ))}
                  </tbody>
                </table>
              </div>
            )}
          </Card>
        </>
      )}
    </Answer>
  );
}
