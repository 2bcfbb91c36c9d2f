import { useParams } from "@tanstack/react-router";
import { useOperation } from "../../data/api.ts";
import { Ago, bytes, count, day, Digest, To } from "../../parts/format.tsx";
import { num, TableCard } from "../../parts/table-card.tsx";
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
            <TableCard
              label="Table of datasets"
              head={[
                "Dataset",
                "Newest",
                num("Versions"),
                num("Rows"),
                num("Columns"),
                num("Size"),
                num("Stored"),
                "Covers",
                "Personal data",
                "Licence",
                "Added",
                "Digest",
              ]}
            >
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
            </TableCard>
          )
        }
      </Answer>
    </>
  );
}
