import { useQuery } from "@tanstack/react-query";
import { useLocation } from "@tanstack/react-router";
import { useMemo } from "react";
import { bytes, count } from "../../../parts/format.tsx";
import { Answer, Card, Empty } from "../../../parts/layout.tsx";
import type { RunDetail } from "../run-detail.ts";
import { type FileSource, modelSource, runSource } from "./sources.ts";
import { Tree } from "./tree.tsx";
import { Viewer } from "./viewer.tsx";
import "./artifacts.css";

const noSearch = {};

/** The files of a run and of the models it logged as trees, and the one that is chosen as what it is. */
export function ArtifactsTab({ project, run }: { project: string; run: RunDetail }) {
  const search = useLocation().search as { path?: unknown; model?: unknown };
  const path = typeof search.path === "string" ? search.path : "";
  const made = run.models.filter((one, i, all) => one.direction === "outputs" && all.findIndex((each) => each.id === one.id) === i);
  const model = made.find((one) => one.id === search.model)?.id;
  const files = useMemo(() => runSource(project, run.id), [project, run.id]);
  const ofModels = useMemo(() => new Map(made.map((one) => [one.id, modelSource(one.id)])), [made.map((one) => one.id).join()]);
  if (run.artifacts.files === 0 && made.length === 0)
    return (
      <Card>
        <Empty title="No artifact" command='mlflow.log_artifact("report.html")'>
          Files that a run logs are kept with their digests and are covered by its seal.
        </Empty>
      </Card>
    );
  return (
    <div className="artifacts">
      <div className="grid">
        {run.artifacts.files > 0 && (
          <section className="card" aria-label="Artifacts">
            <header>
              <h2>Files</h2>
              <span className="note">
                {count(run.artifacts.files)}, {bytes(run.artifacts.sizeBytes)}
              </span>
            </header>
            <Tree label="Files" source={files} search={noSearch} chosen={model === undefined ? path : ""} />
          </section>
        )}
        {made.map((one) => (
          <section key={one.id} className="card" aria-label={`Model ${one.name}`}>
            <header>
              <h2>{one.name}</h2>
              <span className="note">logged model, {one.status.toLowerCase()}</span>
            </header>
            <Tree
              label={`Files of ${one.name}`}
              source={ofModels.get(one.id) ?? modelSource(one.id)}
              search={{ model: one.id }}
              chosen={model === one.id ? path : ""}
            />
          </section>
        ))}
      </div>
      <div className="card shown">
        {path === "" ? (
          <Empty title="No file chosen">Choose one on the left. Text opens at any size, tables are read by pages.</Empty>
        ) : (
          <Chosen key={`${model} ${path}`} source={(model === undefined ? undefined : ofModels.get(model)) ?? files} path={path} />
        )}
      </div>
    </div>
  );
}

function Chosen({ source, path }: { source: FileSource; path: string }) {
  const query = useQuery({
    queryKey: ["runs.artifact", { run: source.id, path }],
    queryFn: ({ signal }) => source.find(path, signal),
    staleTime: 2_000,
    retry: false,
  });
  return <Answer query={query}>{(file) => <Viewer tables={source.tables} file={file} />}</Answer>;
}
