import { useParams } from "@tanstack/react-router";
import { useOperation } from "../../data/api.ts";
import { Ago, To } from "../../parts/format.tsx";
import { Answer, Empty, PageHead } from "../../parts/layout.tsx";
import { num, TableCard } from "../../parts/table-card.tsx";
import { VerdictBadge } from "../../parts/verdict.tsx";

/** Which models exist and which version of each is where. */
export function ModelsPage() {
  const { project = "" } = useParams({ strict: false }) as { project?: string };
  const releases = useOperation("releases.list", { project });
  const incidents = useOperation("incidents.list", { project, state: "open", limit: 1000 });
  const base = `/p/${project}/models`;
  return (
    <Answer query={useOperation("models.list", { project })} head="Models">
      {({ models }) => (
        <>
          <PageHead title="Models">
            {models.length === 0
              ? "No model is registered."
              : `${models.length} ${models.length === 1 ? "model" : "models"}. Live is what a release made live; nobody sets it by hand.`}
          </PageHead>
          <TableCard
            label="Models"
            head={["Model", "Live", "Since", "Newest", num("Versions"), "Aliases", "Last release", num("Open incidents"), num("Changed")]}
            empty={
              models.length === 0 && (
                <Empty title="No model yet" command="capstan register MODEL PATH">
                  A step of a pipeline, an MLflow client or the command line registers one.
                </Empty>
              )
            }
          >
            {models.map((one) => {
              const last = releases.data?.releases.find((release) => release.model === one.model);
              const open = incidents.data?.incidents.filter(
                (incident) => incident.model === one.model && incident.state !== "closed",
              ).length;
              return (
                <tr key={one.model}>
                  <td>
                    <To href={`${base}/${one.model}`}>
                      <strong>{one.model}</strong>
                    </To>
                  </td>
                  <td>
                    {one.live === null ? (
                      <span className="muted">none</span>
                    ) : (
                      <To href={`${base}/${one.model}/${one.live}`}>{one.live}</To>
                    )}
                  </td>
                  <td>
                    <Ago time={one.liveSince} />
                  </td>
                  <td>
                    <To href={`${base}/${one.model}/${one.latest}`}>{one.latest}</To>
                  </td>
                  <td className="num">{one.versions}</td>
                  <td>
                    {Object.entries(one.aliases).map(([alias, version]) => (
                      <span key={alias} className="tag">
                        {alias} {version}
                      </span>
                    ))}
                    {Object.keys(one.aliases).length === 0 && <span className="muted">none</span>}
                  </td>
                  <td>
                    {last ? (
                      <span className="verdict">
                        <To href={`/p/${project}/releases/${last.release}`}>{last.release}</To>
                        <VerdictBadge mark={last.verdict ?? "running"} text={last.state.replaceAll("_", " ")} />
                      </span>
                    ) : (
                      <span className="muted">none</span>
                    )}
                  </td>
                  <td className="num">{open ?? "–"}</td>
                  <td className="num">
                    <Ago time={one.updatedAt} />
                  </td>
                </tr>
              );
            })}
          </TableCard>
        </>
      )}
    </Answer>
  );
}
