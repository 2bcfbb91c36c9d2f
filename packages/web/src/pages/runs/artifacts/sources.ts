import { client } from "../../../data/api.ts";
import { type Shown, urlOf } from "./files.ts";

export type Entry = { path: string; folder: boolean; sizeBytes: number | null };
/** Where files lie that are shown as one tree. */
export type FileSource = {
  readonly id: string;
  list(path: string, signal: AbortSignal): Promise<readonly Entry[]>;
  find(path: string, signal: AbortSignal): Promise<Shown>;
  /** Whether the server reads tables of it. */
  readonly tables: { project: string; run: string } | null;
};

export const runSource = (project: string, run: string): FileSource => ({
  id: run,
  list: async (path, signal) => (await client.call("runs.artifacts", { project, run, path }, { signal })).files,
  async find(path, signal) {
    const one = await client.call("runs.artifact", { project, run, path }, { signal });
    return {
      path,
      url: urlOf(project, run, path),
      download: `${urlOf(project, run, path)}?download`,
      sizeBytes: one.sizeBytes,
      digest: one.digest,
    };
  },
  tables: { project, run },
});

type WireFile = { path: string; is_dir: boolean; file_size?: number };

/** A logged model keeps its files apart from those of its run; the clients' own routes serve them, as what is saved and not drawn. */
export function modelSource(model: string): FileSource {
  const base = `/ajax-api/2.0/mlflow/logged-models/${encodeURIComponent(model)}/artifacts`;
  const list: FileSource["list"] = async (path, signal) => {
    const response = await fetch(`${base}/directories?artifact_directory_path=${encodeURIComponent(path)}`, { signal });
    if (!response.ok) throw new Error(`the model's files cannot be listed: ${response.status}`);
    const { files = [] } = (await response.json()) as { files?: WireFile[] };
    return files.map((one) => ({ path: one.path, folder: one.is_dir, sizeBytes: one.file_size ?? null }));
  };
  return {
    id: model,
    list,
    async find(path, signal) {
      const all = await list(path.split("/").slice(0, -1).join("/"), signal);
      const found = all.find((one) => one.path === path && !one.folder);
      if (!found) throw new Error(`the model has no file ${path}`);
      const url = `${base}/files?artifact_file_path=${encodeURIComponent(path)}`;
      return { path, url, download: url, sizeBytes: found.sizeBytes ?? 0, digest: null };
    },
    tables: null,
  };
}
