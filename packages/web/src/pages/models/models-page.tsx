import { useParams } from "@tanstack/react-router";
import { type Output, useOperation } from "../../data/api.ts";
import { Ago, Digest, To } from "../../parts/format.tsx";
import { Answer, Card, Empty, PageHead } from "../../parts/layout.tsx";
import { VerdictBadge } from "../../parts/verdict.tsx";

type Review = Output<"governance.reviews">["reviews"][number];

/** Which models exist and which version is where; with a model, all of its versions. */
export function ModelsPage() {
  const { project = "", model } = useParams({ strict: false }) as { project?: string; model?: string };
  return model === undefined ? <List project={project} /> : <One project={project} model={model} />;
}

function List({ project }: { project: string }) {
  const releases = useOperation("releases.list", { project });
  const incidents = useOperation("incidents.list", { project, state: "open", limit: 1000 });
  return (
    <Answer query={useOperation("models.list", { project })}>
      {({ models }) => (
        <>
          <PageHead title="Models">
            {models.length === 0
              ? "No model is registered."
              : `${models.length} ${models.length === 1 ? "model" : "models"}. Live is what a release made live; nobody sets it by hand.`}
          </PageHead>
          <Card flush>
            {models.length === 0 ? (
              <Empty title="No model yet" command="capstan register MODEL PATH">
                A step of a pipeline, an MLflow client or the command line registers one.
              </Empty>
            ) : (
              <div className="scroll" tabIndex={0} role="group" aria-label="Models">
                <table>
                  <thead>
                    <tr>
                      <th>Model</th>
                      <th>Live</th>
                      <th>Since</th>
                      <th>Newest</th>
                      <th className="num">Versions</th>
                      <th>Aliases</th>
                      <th>Last release</th>
                      <th className="num">Open incidents</th>
                      <th className="num">Changed</th>
                    </tr>
                  </thead>
                  <tbody>
                    {models.map((one) => {
                      const last = releases.data?.releases.find((release) => release.model === one.model);
                      const open = incidents.data?.incidents.filter(
                        (incident) => incident.model === one.model && incident.state !== "closed",
                      ).length;
                      return (
                        <tr key={one.model}>
                          <td>
                            <To href={`/p/${project}/models/${one.model}`}>
                              <strong>{one.model}</strong>
                            </To>
                          </td>
                          <td>
                            {one.live === null ? (
                              <span className="muted">none</span>
                            ) : (
                              <To href={`/p/${project}/models/${one.model}/${one.live}`}>{one.live}</To>
                            )}
                          </td>
                          <td>
                            <Ago time={one.liveSince} />
                          </td>
                          <td>
                            <To href={`/p/${project}/models/${one.model}/${one.latest}`}>{one.latest}</To>
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

function One({ project, model }: { project: string; model: string }) {
  const reviews = useOperation("governance.reviews", { project, model, limit: 1000 });
  const releases = useOperation("releases.list", { project });
  const review = (version: string): Review | undefined => reviews.data?.reviews.find((one) => `v${one.version}` === version);
  return (
    <Answer query={useOperation("models.get", { project, model })}>
      {(one) => (
        <>
          <PageHead
            title={one.model}
            tags={
              <>
                {one.live !== null && <span className="tag accent">{one.live} live</span>}
                <span className="tag">{one.versions} versions</span>
              </>
            }
          >
            {one.live === null ? (
              "No version is live."
            ) : (
              <>
                Version <To href={`/p/${project}/models/${model}/${one.live}`}>{one.live}</To> answers since <Ago time={one.liveSince} />.
              </>
            )}{" "}
            The newest is <To href={`/p/${project}/models/${model}/${one.latest}`}>{one.latest}</To>.{" "}
            <To href={`/p/${project}/routes`}>Routes</To>, <To href={`/p/${project}/releases`}>releases</To>,{" "}
            <To href={`/p/${project}/monitors`}>monitors</To>.
          </PageHead>
          <Card title="Versions" note="newest first; the same bytes are the same version" flush>
            <div className="scroll" tabIndex={0} role="group" aria-label="Versions">
              <table>
                <thead>
                  <tr>
                    <th>Version</th>
                    <th>Where</th>
                    <th>Dossier</th>
                    <th className="num">Signed</th>
                    <th>Releases</th>
                    <th>Made by</th>
                    <th>Digest</th>
                    <th>Bundle</th>
                    <th className="num">Registered</th>
                  </tr>
                </thead>
                <tbody>
                  {one.list.map((version) => {
                    const dossier = review(version.version);
                    return (
                      <tr key={version.version}>
                        <td>
                          <To href={`/p/${project}/models/${model}/${version.version}`}>
                            <strong>{version.version}</strong>
                          </To>
                        </td>
                        <td>
                          {version.live && <span className="tag accent">live</span>}{" "}
                          {version.aliases.map((alias) => (
                            <span key={alias} className="tag">
                              {alias}
                            </span>
                          ))}
                        </td>
                        <td>
                          {dossier ? (
                            <VerdictBadge mark={dossier.verdict} text={`${dossier.state.replaceAll("-", " ")}, ${dossier.verdict}`} />
                          ) : (
                            <span className="muted">none asked for</span>
                          )}
                        </td>
                        <td className="num">{dossier ? `${dossier.signed} of ${dossier.needed}` : "–"}</td>
                        <td>
                          {releases.data?.releases
                            .filter((each) => each.model === model && each.to === version.version)
                            .map((each) => (
                              <span key={each.release} style={{ marginRight: 8 }}>
                                <To href={`/p/${project}/releases/${each.release}`}>{each.release}</To>{" "}
                                <span className="muted">{each.state.replaceAll("_", " ")}</span>
                              </span>
                            ))}
                        </td>
                        <td>
                          {version.run === null ? (
                            <span className="second">by hand, {version.actor}</span>
                          ) : (
                            <To href={`/p/${project}/runs/${version.run}`}>
                              {version.step ?? "run"} {version.run.slice(0, 8)}
                            </To>
                          )}
                        </td>
                        <td>
                          <Digest digest={version.digest} />
                        </td>
                        <td>
                          <Digest digest={version.bundle} />
                        </td>
                        <td className="num">
                          <Ago time={version.createdAt} />
                        </td>
                      </tr>
                    );
                  })}
                </tbody>
              </table>
            </div>
          </Card>
        </>
      )}
    </Answer>
  );
}
