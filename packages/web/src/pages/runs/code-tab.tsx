import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useOperation } from "../../data/api.ts";
import { Digest } from "../../parts/format.tsx";
import { DiffView } from "../../parts/diff-view.tsx";
import { Answer, Card, Empty } from "../../parts/layout.tsx";
import { num, TableCard } from "../../parts/table-card.tsx";
import { bytesOf } from "./artifacts/files.ts";
import { runSource, modelSource } from "./artifacts/sources.ts";
import { packagesOf } from "./packages.ts";
import type { RunDetail } from "./run-detail.ts";
import { dirtyWord } from "./run-side.tsx";

/** Of a difference, the part that is drawn. */
const diffAtMost = 2_000_000;
const source = "mlflow.source.";

/** The code that ran, how it differed from its commit, and what surrounded it, whoever logged it. */
export function CodeTab({ project, run }: { project: string; run: RunDetail }) {
  const { environment, tags } = run;
  const facts: [string, ReactNode][] = [
    [
      "commit",
      environment.commit !== null && (
        <>
          <code>{environment.commit}</code> <span className="muted">{dirtyWord(environment)}</span>
        </>
      ),
    ],
    ["branch", environment.more["branch"] ?? tags[`${source}git.branch`]],
    ["repository", tags[`${source}git.repoURL`]],
    ["command", environment.command !== null && <code>{environment.command}</code>],
    ["entry point", tags["mlflow.project.entryPoint"]],
    ["source", tags[`${source}type`]?.toLowerCase()],
    ["platform", environment.platform],
    ["interpreter", environment.more["interpreter"]],
    [
      "lock file",
      environment.lockDigest !== null && (
        <>
          {environment.more["lock"] ?? ""} <Digest digest={environment.lockDigest} />
        </>
      ),
    ],
    ["environment", environment.node !== null && <Digest digest={environment.node} />],
    ["step key", run.key !== null && <Digest digest={run.key} />],
    ...Object.entries(environment.more)
      .filter(([name]) => !["branch", "interpreter", "lock"].includes(name))
      .map(([name, value]): [string, ReactNode] => [name, value]),
  ];
  const known = facts.filter(([, value]) => value !== undefined && value !== null && value !== false);
  const inline = tags[`${source}git.diff`];
  return (
    <>
      <Card title="Code and environment">
        {known.length === 0 ? (
          <Empty title="Nothing is known of it">The client that logged this run named neither a commit nor a command.</Empty>
        ) : (
          <dl className="facts-list">
            {known.map(([name, value]) => (
              <div key={name} className="side-line">
                <dt>{name}</dt>
                <dd>{value}</dd>
              </div>
            ))}
          </dl>
        )}
      </Card>
      {environment.diffDigest !== null ? (
        <KeptDiff project={project} digest={environment.diffDigest} />
      ) : (
        inline !== undefined &&
        inline.trim() !== "" && (
          <Card title="Changes on top of the commit" note="as the client wrote them" flush>
            <DiffView text={inline} />
          </Card>
        )
      )}
      <Packages project={project} run={run} />
    </>
  );
}

function KeptDiff({ project, digest }: { project: string; digest: string }) {
  const url = `/api/v1/p/${project}/blobs/${digest}`;
  const query = useQuery({
    queryKey: ["blob", digest],
    queryFn: async ({ signal }) => new TextDecoder().decode(await bytesOf(url, 0, diffAtMost, signal)),
    staleTime: Infinity,
    retry: false,
  });
  return (
    <Card
      title="Changes on top of the commit"
      note="kept with the run"
      right={
        <>
          <Digest digest={digest} />{" "}
          <a className="inline-link" href={url} download="changes.diff">
            Download
          </a>
        </>
      }
      flush
    >
      <Answer query={query}>
        {(text) => (
          <>
            <DiffView text={text} />
            {text.length >= diffAtMost && <p className="second viewer-note">This is its beginning; the download has all of it.</p>}
          </>
        )}
      </Answer>
    </Card>
  );
}

/** Packages as a file of the run, or of a model that it logged, names them. */
function Packages({ project, run }: { project: string; run: RunDetail }) {
  const made = run.models.find((one) => one.direction === "outputs");
  const files = useOperation(
    "runs.artifacts",
    { project, run: run.id, deep: "true" },
    { enabled: run.artifacts.files > 0 && run.artifacts.files < 5000 },
  );
  const own = files.data?.files.find((one) => /(^|\/)requirements\.txt$/.test(one.path))?.path;
  const from = own !== undefined ? runSource(project, run.id) : made ? modelSource(made.id) : undefined;
  const path = own ?? "requirements.txt";
  const query = useQuery({
    queryKey: ["packages", from?.id, path],
    queryFn: async ({ signal }) => {
      const file = await from?.find(path, signal);
      return file ? packagesOf(new TextDecoder().decode(await bytesOf(file.url, 0, Math.min(file.sizeBytes, 200_000), signal))) : [];
    },
    enabled: from !== undefined,
    staleTime: Infinity,
    retry: false,
  });
  if (!query.data || query.data.length === 0) return null;
  return (
    <TableCard
      title="Packages"
      note={`${query.data.length}, by ${own ?? `${path} of ${made?.name ?? "its model"}`}`}
      head={["Package", num("Version")]}
    >
      {query.data.map((one) => (
        <tr key={one.name}>
          <th scope="row" style={{ fontWeight: 400 }}>
            {one.name}
          </th>
          <td className="num mono">{one.version}</td>
        </tr>
      ))}
    </TableCard>
  );
}
