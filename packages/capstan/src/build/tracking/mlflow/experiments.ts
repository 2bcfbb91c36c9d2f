import { experimentId, integer, messages, offsetOf, requiredText, text, token, viewType } from "./fields.ts";
import { invalid, WireFailure } from "./failures.ts";
import { key, longest } from "./limits.ts";
import { experimentMessage } from "./messages.ts";
import type { Input, WireReply, WireRequest, WireRoute } from "./model.ts";
import type { Surface } from "./surface.ts";

const ok = (json: object): WireReply => ({ status: 200, json });

export function experimentRoutes(surface: Surface): WireRoute[] {
  const { tracking, artifactRoot } = surface;
  const message = (
    method: "GET" | "POST",
    path: string,
    capability: "read" | "log",
    answer: (input: Input, request: WireRequest) => Promise<object>,
  ): WireRoute => ({
    method,
    path: `/mlflow/experiments/${path}`,
    capability,
    takes: "message",
    handle: async (request) => ok(await answer(request.input, request)),
  });

  const search = async (input: Input, request: WireRequest): Promise<object> => {
    if (text(input, "filter"))
      throw invalid("Invalid value for parameter 'filter' supplied: this server lists experiments without a filter.");
    const limit = integer(input, "max_results") ?? 1000;
    if (limit < 1 || limit > 50_000)
      throw invalid(`Invalid value ${limit} for parameter 'max_results' supplied: It must be at least 1 and at most 50000.`);
    const offset = offsetOf(input);
    const { experiments, total } = await tracking.experiments.list(
      { ...(request.caller.projects && { projects: request.caller.projects }), lifecycle: viewType(input, "view_type") },
      limit,
      offset,
    );
    return {
      ...(experiments.length > 0 && { experiments: experiments.map((one) => experimentMessage(one, artifactRoot)) }),
      ...(offset + limit < total && { next_page_token: token({ offset: offset + limit }) }),
    };
  };

  return [
    message("POST", "create", "log", async (input, { caller }) => {
      const name = requiredText(input, "name");
      if ([...name].length > longest.experimentName)
        throw invalid(`'name' exceeds the maximum length of ${longest.experimentName} characters`);
      const location = text(input, "artifact_location");
      if (location !== undefined && (location.length > 2048 || /[#;]|\?.*\.\./.test(location) || location.startsWith("runs:")))
        throw invalid(`Invalid artifact location: ${JSON.stringify(location.slice(0, 200))}`);
      const tags = messages(input, "tags").map((one) => [key(text(one, "key"), "tags.key"), text(one, "value") ?? ""] as const);
      return {
        experiment_id: await tracking.experiments.create(
          { project: await surface.project(caller), name, artifactLocation: location || null, tags: Object.fromEntries(tags) },
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
        (name === "Default" ? await tracking.experiments.find("0") : undefined);
      if (!found) throw new WireFailure("RESOURCE_DOES_NOT_EXIST", `Could not find experiment with name '${name}'`);
      return { experiment: experimentMessage(found, artifactRoot) };
    }),
    message("GET", "search", "read", search),
    message("POST", "search", "read", search),
    message("POST", "set-experiment-tag", "log", async (input, { caller }) => {
      const found = await surface.experiment(caller, experimentId(requiredText(input, "experiment_id")));
      const value = text(input, "value") ?? "";
      if (value.length > 5000) throw invalid("'value' exceeds the maximum length of 5000 characters");
      await tracking.experiments.setTag(found.id, key(text(input, "key"), "key"), value);
      return {};
    }),
  ];
}
