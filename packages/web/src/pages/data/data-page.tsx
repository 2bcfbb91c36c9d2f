import { useParams } from "@tanstack/react-router";
import { useOperation } from "../../data/api.ts";
import { Ago, bytes, count, day, Digest, To } from "../../parts/format.tsx";
import { Answer, Card, Empty, PageHead } from "../../parts/layout.tsx";
import { VerdictGlyph } from "../../parts/verdict.tsx";

export function DataPage() {
  const { project = "" } = useParams({ strict: false }) as { project?: string };
  const query = useOperation("data.list", { project });
  return (
    <>
      <PageHead title="Data">What the steps read, version by version. The same bytes are the same version.</PageHead>
      <Answer query={query}>
        {({ datasets }) =>
          datasets.length === 0 ? (
            <Card>
              <Empty title="No dataset yet" command="capstan data add">
                A feed of capstan.yaml, or a file given by hand, becomes the first version.
              </Empty>
            </Card>
          ) : (
            <section className="card" aria-label="Datasets">
              <div className="scroll" tabIndex={0} role="group" aria-label="Table of datasets">
                <table>
                  <thead>
                    <tr>
                      <th scope="col">Dataset</th>
                      <th scope="col">Newest</th>
                      <th scope="col" className="num">
                        Versions
                      </th>
                      <th scope="col" className="num">
                        Rows
                      </th>
                      <th scope="col" className="num">
                        Columns
                      </th>
                      <th scope="col" className="num">
                        Size
                      </th>
                      <th scope="col" className="num">
                        Stored
                      </th>
                      <th scope="col">Covers</th>
                      <th scope="col">Personal data</th>
                      <th scope="col">Licence</th>
                      <th scope="col">Added</th>
                      <th scope="col">Digest</th>
                    </tr>
                  </thead>
                  <tbody>
                    {datasets.map(({ dataset, versions, latest, storedBytes }) => (
                      <tr key={dataset}>
                        <th scope="row">
                          <span className="verdict">
                            <VerdictGlyph mark={latest.verdict} />
                            <To href={`/p/${project}/data/${dataset}`}>{dataset}</To>
                          </span>
                        </th>
                        <td>
                          <To href={`/p/${project}/data/${dataset}/${latest.version}`}>{latest.version}</To>
                        </td>
                        <td className="num">{versions}</td>
                        <td className="num">{latest.rows === null ? "–" : count(latest.rows)}</td>
                        <td className="num">{latest.schema.length}</td>
                        <td className="num">{bytes(latest.sizeBytes)}</td>
                        <td className="num">{bytes(storedBytes)}</td>
                        <td>{latest.time ? `${day(latest.time.from)} to ${day(latest.time.to)}` : "–"}</td>
                        <td>{latest.personal ?? "not said"}</td>
                        <td>{latest.licence ?? "not said"}</td>
                        <td>
                          <Ago time={latest.addedAt} />
                        </td>
                        <td>
                          <Digest digest={latest.digest} />
                        </td>
                      </tr>
                    ))}
                  </tbody>
                </table>
              </div>
            </section>
          )
        }
      </Answer>
    </>
  );
}
