import { useQueries, useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { client, type Output } from "../../data/api.ts";
import { count } from "../../parts/format.tsx";
import { Answer, Card } from "../../parts/layout.tsx";
import { runSource } from "./artifacts/sources.ts";
import { Viewer } from "./artifacts/viewer.tsx";
import "./artifacts/artifacts.css";

type Run = Output<"runs.compare">["runs"][number];
const filesOffered = 500;
const runsAtMost = 6;

/** One file of each run beside the others; files that all of them have come first. */
export function CompareArtifacts({ project, runs }: { project: string; runs: readonly Run[] }) {
  const { file } = useSearch({ strict: false }) as { file?: unknown };
  const navigate = useNavigate();
  const shown = runs.slice(0, runsAtMost);
  const lists = useQueries({
    queries: shown.map((run) => ({
      queryKey: ["runs.artifacts", { project, run: run.id, deep: "true" }],
      queryFn: ({ signal }: { signal: AbortSignal }) => client.call("runs.artifacts", { project, run: run.id, deep: "true" }, { signal }),
      staleTime: 30_000,
    })),
  });
  const digests = new Map<string, Map<string, string | null>>();
  lists.forEach((list, i) => {
    for (const one of list.data?.files ?? []) {
      const of = digests.get(one.path) ?? new Map<string, string | null>();
      of.set(shown[i]?.id ?? "", one.digest);
      digests.set(one.path, of);
    }
  });
  const paths = [...digests].toSorted(([a, m], [b, n]) => n.size - m.size || (a < b ? -1 : 1)).map(([path]) => path);
  const chosen = typeof file === "string" && digests.has(file) ? file : undefined;
  if (paths.length === 0) return null;
  const held = chosen === undefined ? undefined : digests.get(chosen);
  const same = held !== undefined && held.size === shown.length && new Set(held.values()).size === 1;
  const choose = (path: string): void =>
    void navigate({
      to: ".",
      search: ((old: Record<string, unknown>) => ({ ...old, file: path === "" ? undefined : path })) as never,
      replace: true,
      resetScroll: false,
    });
  return (
    <Card
      title="Artifacts"
      note={`${count(paths.length)} ${paths.length === 1 ? "path" : "paths"} in ${shown.length}${shown.length < runs.length ? ` of ${runs.length}` : ""} runs`}
      right={
        <label className="inline-field">
          <span className="visually-hidden">File to show side by side</span>
          <select className="field small" value={chosen ?? ""} onChange={(event) => choose(event.target.value)}>
            <option value="">choose a file</option>
            {paths.slice(0, filesOffered).map((path) => (
              <option key={path} value={path}>
                {path} ({digests.get(path)?.size} of {shown.length})
              </option>
            ))}
          </select>
        </label>
      }
    >
      {chosen === undefined ? (
        <p className="second">Choose a file to see it of each run, side by side.</p>
      ) : (
        <>
          {same && <p className="second">The same bytes in all of them.</p>}
          <div
            className="side-by-side"
            style={{ gridTemplateColumns: `repeat(${shown.length}, minmax(280px, 1fr))` }}
            tabIndex={0}
            role="group"
            aria-label={`${chosen} of each run`}
          >
            {shown.map((run) => (
              <div key={run.id}>
                <h3>
                  {run.name} <code className="muted">{run.id.slice(0, 6)}</code>
                </h3>
                {held?.has(run.id) ? (
                  <OneFile project={project} run={run.id} path={chosen} of={run.name} />
                ) : (
                  <p className="muted">It has no such file.</p>
                )}
              </div>
            ))}
          </div>
        </>
      )}
    </Card>
  );
}

function OneFile({ project, run, path, of }: { project: string; run: string; path: string; of: string }) {
  const source = runSource(project, run);
  const query = useQuery({
    queryKey: ["runs.artifact", { run, path }],
    queryFn: ({ signal }) => source.find(path, signal),
    staleTime: 30_000,
    retry: false,
  });
  return <Answer query={query}>{(file) => <Viewer tables={source.tables} file={file} of={of} />}</Answer>;
}
