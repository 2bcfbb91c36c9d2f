import { resolve } from "node:path";
import { experimentId, integer, messages, requiredText, text, texts, viewType } from "./fields.ts";
import { invalid, missing, WireFailure } from "./failures.ts";
import { key, longest } from "./limits.ts";
import { messageRoute } from "./message-route.ts";
import { experimentMessage } from "./messages.ts";
import type { Input, WireRequest, WireRoute } from "./model.ts";
import type { Surface } from "./surface.ts";

/** Every project sees experiment 0 under this name. */
const reserved = "Default";
const refuseReserved = (name: string): void => {
  if (name === reserved) throw new WireFailure("RESOURCE_ALREADY_EXISTS", `Experiment(name=${name}) already exists.`);
};

/** A place for artifacts that a client names: relative paths begin in our folder; nothing that a URI's parts could smuggle in. */
function locationOf(location: string | undefined, folder: string): string | undefined {
  if (location === undefined) return undefined;
  const scheme = /^([a-z][a-z0-9+.-]+):/i.exec(location)?.[1];
  if (location.length > 2048) throw invalid("'artifact_location' exceeds the maximum length of 2048 characters");
  if (/[#;]|\?.*\.\./.test(location) || scheme?.toLowerCase() === "runs" || location.split(/[/\\?]/).includes(".."))
    throw invalid(`Invalid artifact location: ${JSON.stringify(location.slice(0, 200))}`);
  const trimmed = location.replace(/(?<=[^/:])\/+$/, "");
  return scheme === undefined ? resolve(folder, trimmed) : trimmed;
}

export function experimentRoutes(surface: Surface): WireRoute[] {
  const { tracking, artifactRoot, folder } = surface;
  const message = messageRoute("/mlflow/experiments/");

  const search = async (input: Input, request: WireRequest): Promise<object> => {
    const limit = integer(input, "max_results") ?? 1000;
    if (limit < 1 || limit > 50_000)
      throw invalid(`Invalid value ${limit} for parameter 'max_results' supplied: It must be at least 1 and at most 50000.`);
    const { experiments, next } = await tracking.experiments.search({
      filter: text(input, "filter"),
      orderBy: texts(input, "order_by"),
      lifecycle: viewType(input, "view_type"),
      limit,
      pageToken: text(input, "page_token"),
      projects: request.caller.projects,
    });
    return {
      ...(experiments.length > 0 && { experiments: experiments.map((one) => experimentMessage(one, artifactRoot)) }),
      ...(next !== undefined && { next_page_token: next }),
    };
  };

  return [
    message("POST", "create", "log", async (input, { caller }) => {
      const name = requiredText(input, "name");
      if ([...name].length > longest.experimentName)
        throw invalid(`'name' exceeds the maximum length of ${longest.experimentName} characters`);
      refuseReserved(name);
      const location = locationOf(text(input, "artifact_location") || undefined, folder);
      const tags = messages(input, "tags").map((one) => [key(text(one, "key"), "tags.key"), text(one, "value") ?? ""] as const);
      return {
        experiment_id: await tracking.experiments.create(
          { project: await surface.project(caller), name, artifactLocation: location ?? null, tags: Object.fromEntries(tags) },
          caller,
        ),
      };
    }),
    message("GET", "get", "read", async (input, { caller }) => ({
      experiment: experimentMessage(await surface.experiment(caller, experimentId(requiredText(input, "experiment_id"))), artifactRoot),
    })),
    message("GET", "get-by-name", "read", async (input, { caller }) => {
      const name = requiredText(input, "experiment_name");
      // Default belongs to the store, whatever the project.
      const found =
        (await tracking.experiments.findByName(await surface.project(caller), name)) ??
        (name === reserved ? await tracking.experiments.find("0") : undefined);
      if (!found) throw new WireFailure("RESOURCE_DOES_NOT_EXIST", `Could not find experiment with name '${name}'`);
      return { experiment: experimentMessage(found, artifactRoot) };
    }),
    message("GET", "search", "read", search),
    message("POST", "search", "read", search),
    message("POST", "delete", "log", async (input, { caller }) => {
      const found = await surface.experiment(caller, experimentId(requiredText(input, "experiment_id")));
      if (found.lifecycle === "deleted") throw missing("experiment", found.id);
      await tracking.experiments.change(found.id, { lifecycle: "deleted" }, caller);
      return {};
    }),
    message("POST", "restore", "log", async (input, { caller }) => {
      const found = await surface.experiment(caller, experimentId(requiredText(input, "experiment_id")));
      if (found.lifecycle !== "active") await tracking.experiments.change(found.id, { lifecycle: "active" }, caller);
      return {};
    }),
    message("POST", "update", "log", async (input, { caller }) => {
      const found = await surface.experiment(caller, experimentId(requiredText(input, "experiment_id")));
      const name = requiredText(input, "new_name");
      if ([...name].length > longest.experimentName)
        throw invalid(`'new_name' exceeds the maximum length of ${longest.experimentName} characters`);
      if (found.lifecycle !== "active") throw invalid("Cannot rename a non-active experiment.");
      if (name === found.name) return {};
      refuseReserved(name);
      await tracking.experiments.change(found.id, { name }, caller);
      return {};
    }),
    message("POST", "delete-experiment-tag", "log", async (input, { caller }) => {
      const found = await surface.experiment(caller, experimentId(requiredText(input, "experiment_id")));
      await tracking.experiments.removeTag(found.id, requiredText(input, "key"));
      return {};
    }),
    message("POST", "search-datasets", "read", async (input, { caller }) => {
      const ids = texts(input, "experiment_ids");
      if (ids.length === 0) throw invalid("SearchDatasets request must specify at least one experiment_id.");
      if (ids.length > 20)
        throw invalid(`SearchDatasets request cannot specify more than 20 experiment_ids. Received ${ids.length} experiment_ids.`);
      const visible = [...(await tracking.experiments.byId(ids.map(experimentId))).values()].filter((one) =>
        surface.sees(caller, one.project),
      );
      if (visible.length === 0) return {};
      const found = await tracking.datasetSummaries(
        visible.map((one) => one.id),
        1000,
      );
      const summaries = found.map((one) => ({
        experiment_id: one.experimentId,
        name: one.name,
        digest: one.digest,
        ...(one.context !== null && { context: one.context }),
      }));
      return summaries.length > 0 ? { dataset_summaries: summaries } : {};
    }),
    message("POST", "set-experiment-tag", "log", async (input, { caller }) => {
      const found = await surface.experiment(caller, experimentId(requiredText(input, "experiment_id")));
      const value = text(input, "value") ?? "";
      if (value.length > 5000) throw invalid("'value' exceeds the maximum length of 5000 characters");
      await tracking.experiments.setTag(found.id, key(text(input, "key"), "key"), value);
      return {};
    }),
  ];
}
