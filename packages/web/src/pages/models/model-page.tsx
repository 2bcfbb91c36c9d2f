import { useParams } from "@tanstack/react-router";
import { type Output, useOperation } from "../../data/api.ts";
import { Ago, Digest, To } from "../../parts/format.tsx";
import { Answer, PageHead } from "../../parts/layout.tsx";
import { num, TableCard } from "../../parts/table-card.tsx";
import { VerdictBadge } from "../../parts/verdict.tsx";
import { AliasSheet } from "./alias-sheet.tsx";
import { DescriptionCard } from "./description.tsx";
import { Lanes } from "./lanes.tsx";
import { TagsCard } from "./tags.tsx";

type Model = Output<"models.get">;
type Release = Output<"releases.list">["releases"][number];
type Review = Output<"governance.reviews">["reviews"][number];

/** All versions of a model, which of them answers, and what someone says it is. */
export function ModelPage() {
  const { project = "", model = "" } = useParams({ strict: false }) as { project?: string; model?: string };
  const releases = useOperation("releases.list", { project }).data?.releases.filter((one) => one.model === model) ?? [];
  const reviews = useOperation("governance.reviews", { project, model, limit: 1000 }).data?.reviews ?? [];
  const routes = useOperation("routes.list", { project }).data?.routes.filter((one) => one.model === model) ?? [];
  const incidents =
    useOperation("incidents.list", { project, state: "all", limit: 1000 }).data?.incidents.filter((one) => one.model === model) ?? [];
  const base = `/p/${project}`;
  return (
    <Answer query={useOperation("models.get", { project, model })} head={model}>
      {(one) => (
        <>
          <PageHead
            title={one.model}
            tags={
              <>
                {one.live !== null && <span className="tag accent">{one.live} live</span>}
                <span className="tag">
                  {one.versions} {one.versions === 1 ? "version" : "versions"}
                </span>
              </>
            }
          >
            {one.live === null ? (
              "No version is live."
            ) : (
              <>
                Version <To href={`${base}/models/${model}/${one.live}`}>{one.live}</To> answers since <Ago time={one.liveSince} told />.
              </>
            )}{" "}
            The newest is <To href={`${base}/models/${model}/${one.latest}`}>{one.latest}</To>.
            {routes.length > 0 && (
              <>
                {" "}
                Asked at{" "}
                {routes.map((route, i) => (
                  <span key={route.route}>
                    {i > 0 && ", "}
                    <To href={`${base}/routes/${route.route}`}>{route.route}</To>
                  </span>
                ))}
                .
              </>
            )}
          </PageHead>
          <VersionsCard base={base} project={project} one={one} releases={releases} reviews={reviews} />
          {routes.map((route) => (
            <Lanes
              key={route.route}
              project={project}
              model={model}
              route={route.route}
              incidents={incidents.map(({ incident, openedAt }) => ({ incident, at: openedAt }))}
            />
          ))}
          <div className="grid halves" style={{ alignItems: "start" }}>
            <DescriptionCard project={project} model={model} description={one.description} />
            <TagsCard tags={one.tags} />
          </div>
        </>
      )}
    </Answer>
  );
}

const VersionsCard = ({
  base,
  project,
  one,
  releases,
  reviews,
}: {
  base: string;
  project: string;
  one: Model;
  releases: readonly Release[];
  reviews: readonly Review[];
}) => (
  <TableCard
    title="Versions"
    note="newest first; the same bytes are the same version"
    head={["Version", "Where", "Aliases", "Dossier", num("Signed"), "Releases", "Made by", "Digest", num("Registered")]}
  >
    {one.list.map((version) => {
      const dossier = reviews.find((each) => `v${each.version}` === version.version);
      return (
        <tr key={version.version}>
          <td>
            <To href={`${base}/models/${one.model}/${version.version}`}>
              <strong>{version.version}</strong>
            </To>
          </td>
          <td>{version.live ? <span className="tag accent">live</span> : <span className="muted">–</span>}</td>
          <td>
            <span className="verdict">
              {version.aliases.map((alias) => (
                <span key={alias} className="tag">
                  {alias}
                </span>
              ))}
              <AliasSheet
                project={project}
                model={one.model}
                version={version.version}
                aliases={version.aliases}
                className="text-button"
                open={version.aliases.length === 0 ? "add" : "change"}
              />
            </span>
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
            {releases
              .filter((each) => each.to === version.version)
              .map((each) => (
                <span key={each.release} style={{ marginRight: 8 }}>
                  <To href={`${base}/releases/${each.release}`}>{each.release}</To>{" "}
                  <span className="muted">{each.state.replaceAll("_", " ")}</span>
                </span>
              ))}
          </td>
          <td>
            {version.run === null ? (
              <span className="second">by hand, {version.actor}</span>
            ) : (
              <To href={`${base}/runs/${version.run}`}>
                {version.step ?? "run"} {version.run.slice(0, 8)}
              </To>
            )}
          </td>
          <td>
            <Digest digest={version.digest} />
          </td>
          <td className="num">
            <Ago time={version.createdAt} />
          </td>
        </tr>
      );
    })}
  </TableCard>
);
