import { Link, useParams, useSearch } from "@tanstack/react-router";
import { type Output, useOperation } from "../../data/api.ts";
import { Ago, bytes, count, day, Digest, To } from "../../parts/format.tsx";
import { Answer, Card, PageHead } from "../../parts/layout.tsx";
import { nodeHref } from "../../parts/node.ts";
import { VerdictBadge } from "../../parts/verdict.tsx";
import { Diff } from "./diff.tsx";
import { Profile } from "./profile.tsx";
import { Rows } from "./rows.tsx";

type Version = Output<"data.version">;
const tabs = [
  ["profile", "Profile"],
  ["diff", "Diff"],
  ["rows", "Rows"],
  ["schema", "Schema"],
] as const;

export function VersionPage() {
  const {
    project = "",
    dataset = "",
    version = "",
  } = useParams({ strict: false }) as { project?: string; dataset?: string; version?: string };
  const query = useOperation("data.version", { project, dataset, version });
  return (
    <Answer query={query} head={`${dataset} ${version}`}>
      {(one) => <Page key={one.digest} project={project} one={one} />}
    </Answer>
  );
}

function Page({ project, one }: { project: string; one: Version }) {
  const tab = (useSearch({ strict: false }) as { tab?: string }).tab ?? "profile";
  const base = `/p/${project}/data/${one.dataset}`;
  const number = (version: string): number => Number(version.slice(1));
  const others = one.versions
    .map((other) => other.version)
    .filter((other) => other !== one.version)
    .toSorted((a, b) => Number(number(a) > one.number) - Number(number(b) > one.number) || number(b) - number(a));
  return (
    <>
      <PageHead
        title={one.dataset}
        tags={
          <>
            <span className="tag accent">{one.version}</span>
            <VerdictBadge mark={one.verdict} text={one.verdict === "skipped" ? "no rules" : `rules: ${one.verdict}`} />
            <Digest digest={one.digest} />
          </>
        }
        acts={
          <To href={base} className="button">
            All versions
          </To>
        }
      >
        {one.rows === null ? "" : `${count(one.rows)} rows, `}
        {one.schema.length} columns, {bytes(one.sizeBytes)} of {one.format}.
        {one.time && ` ${one.time.column} from ${day(one.time.from)} to ${day(one.time.to)}.`} Added <Ago time={one.addedAt} told /> by{" "}
        {one.actor}, <To href={`/p/${project}/record/${one.entry}`}>entry {one.entry.slice(-6)}</To>.
      </PageHead>
      <nav className="tabs" aria-label="Views of this version">
        {tabs.map(([id, word]) => (
          <Link
            key={id}
            to={`${base}/${one.version}` as never}
            search={{ tab: id } as never}
            activeProps={{ "aria-current": undefined }}
            {...(tab === id && { "aria-current": "page" as const })}
          >
            {word}
          </Link>
        ))}
      </nav>
      <div className="grid" style={{ gridTemplateColumns: "minmax(0, 1fr) 290px", alignItems: "start" }}>
        <div className="grid">
          {tab === "diff" ? (
            <Diff project={project} dataset={one.dataset} version={one.version} others={others} />
          ) : tab === "rows" ? (
            <Rows project={project} dataset={one.dataset} version={one.version} />
          ) : tab === "schema" ? (
            <Schema one={one} />
          ) : (
            <Profile profile={one.profile} />
          )}
        </div>
        <Side project={project} one={one} />
      </div>
    </>
  );
}

const Schema = ({ one }: { one: Version }) => (
  <Card title="Schema" note={`${one.schema.length} columns`} flush>
    <table>
      <thead>
        <tr>
          <th scope="col">Column</th>
          <th scope="col">Type</th>
          <th scope="col">Read as</th>
          <th scope="col">May be null</th>
        </tr>
      </thead>
      <tbody>
        {one.schema.map((column) => (
          <tr key={column.name}>
            <th scope="row">{column.name}</th>
            <td>
              <code>{column.type}</code>
            </td>
            <td>{column.kind}</td>
            <td>{column.nullable ? "yes" : "no"}</td>
          </tr>
        ))}
      </tbody>
    </table>
  </Card>
);

function Side({ project, one }: { project: string; one: Version }) {
  const kinds = [...Map.groupBy(one.usedBy, (use) => use.node.split(":")[0] ?? "")];
  return (
    <div className="grid">
      <Card title="Versions" note={`${one.versions.length}`}>
        <ul style={{ listStyle: "none", margin: 0, padding: 0, display: "grid", gap: 8 }}>
          {one.versions.map((other) => (
            <li key={other.version} style={{ display: "flex", gap: 10 }}>
              {other.version === one.version ? (
                <strong aria-current="true">
                  {other.version} <span className="tag accent">shown</span>
                </strong>
              ) : (
                <To href={`/p/${project}/data/${one.dataset}/${other.version}`}>{other.version}</To>
              )}
              <span className="muted" style={{ marginLeft: "auto" }}>
                {other.rows === null ? "" : count(other.rows)}
              </span>
              <span className="muted">
                <Ago time={other.addedAt} />
              </span>
            </li>
          ))}
        </ul>
      </Card>
      <Card title="Used by" note={`${one.usedBy.length}`}>
        {one.usedBy.length === 0 ? (
          <p className="second">Nobody has used it yet.</p>
        ) : (
          kinds.map(([kind, uses]) => (
            <div key={kind} style={{ marginBottom: 10 }}>
              <div className="muted">
                {kind}, {uses.length}
              </div>
              <ul style={{ listStyle: "none", margin: 0, padding: 0 }}>
                {uses.map((use) => (
                  <li key={use.node}>
                    <To href={nodeHref(`/p/${project}`, use.node)}>{use.title}</To>{" "}
                    <code className="muted">{use.node.split(":")[1]?.slice(0, 6)}</code>
                  </li>
                ))}
              </ul>
            </div>
          ))
        )}
      </Card>
      <Card title="Where it came from">
        <dl style={{ margin: 0, display: "grid", gap: 6 }}>
          {(
            [
              ["Origin", one.origin],
              ["Licence", one.licence],
              ["Personal data", one.personal],
            ] as const
          ).map(([label, value]) => (
            <div key={label}>
              <dt className="muted">{label}</dt>
              <dd style={{ margin: 0, overflowWrap: "anywhere" }}>{value ?? "not said"}</dd>
            </div>
          ))}
        </dl>
      </Card>
    </div>
  );
}
