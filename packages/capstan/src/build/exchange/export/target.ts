import type { Artifact } from "../../tracking/model.ts";
import type { createMlflowClient } from "../sources/client.ts";
import type { ExportTask } from "./held.ts";

export const api = "/api/2.0/mlflow";

/** The tag by which the same export again finds what it wrote: the id here. */
export const idTag = "capstan.runId";

/** Characters that a server keeps of a tag's value. */
export const longestTag = 8000;

export type Client = ReturnType<typeof createMlflowClient>;
/** A server that is written to; ids there by ids here. */
export type Target = { client: Client; task: ExportTask; runs: Map<string, string>; models: Map<string, string> };

/** Through the server's artifact service; a place that only its clients can write to is left. */
export async function exportFiles({ client, task }: Target, uri: string, files: readonly Artifact[], whose: string): Promise<void> {
  const service = /^mlflow-artifacts:(?:\/\/[^/]*)?\/*(.*)$/i.exec(uri)?.[1];
  if (service === undefined)
    return task.tally.leave(`artifact files of ${whose}`, `the server does not take them itself (${uri.split(":")[0]})`, files.length);
  for (const one of files) {
    task.signal.throwIfAborted();
    const path = [service, one.path].join("/").split("/").map(encodeURIComponent).join("/");
    await client.upload(`/api/2.0/mlflow-artifacts/artifacts/${path}`, await task.store.blobs.stream(one.digest), one.sizeBytes);
    if (whose === "runs") task.tally.add("taken", "artifact files");
  }
}
