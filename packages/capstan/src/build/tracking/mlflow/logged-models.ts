import { boolean, experimentId, integer, messages, requiredText, text, texts, word } from "./fields.ts";
import { invalid, missing, WireFailure } from "./failures.ts";
import { key, longest } from "./limits.ts";
import { loggedModelMessage } from "./messages.ts";
import type { FullLoggedModel, LoggedModelStatus } from "../model.ts";
import type { Input, WireRequest, WireRoute } from "./model.ts";
import type { Surface } from "./surface.ts";

const statuses: Record<string, LoggedModelStatus> = {
  LOGGED_MODEL_PENDING: "PENDING",
  LOGGED_MODEL_READY: "READY",
  LOGGED_MODEL_UPLOAD_FAILED: "UPLOAD_FAILED",
  "1": "PENDING",
  "2": "READY",
  "3": "UPLOAD_FAILED",
};
const forbidden = /[/:.%"']/;
const pairs = (input: Input, field: string, limit: number): Record<string, string> =>
  Object.fromEntries(
    messages(input, field).map((one, i) => [
      key(text(one, "key"), `${field}[${i}].key`),
      [...(text(one, "value") ?? "")].slice(0, limit).join(""),
    ]),
  );

/** Logged models: what a run made, before anyone registers it. */
export function loggedModelRoutes(surface: Surface): WireRoute[] {
  const { tracking, store } = surface;
  const { loggedModels } = tracking;
  const route = (
    method: WireRoute["method"],
    path: string,
    capability: "read" | "log",
    answer: (input: Input, request: WireRequest) => Promise<object>,
  ): WireRoute => ({
    method,
    path: `/mlflow/logged-models${path}`,
    capability,
    takes: "message",
    handle: async (request) => ({ status: 200, json: await answer(request.input, request) }),
  });
  /** The model of the address, if the caller may see it. */
  async function model({ params, caller }: WireRequest): Promise<FullLoggedModel> {
    const found = await loggedModels.getFull(params["model_id"] ?? "");
    if (!surface.sees(caller, found.project)) throw missing("logged model", found.id);
    return found;
  }
  const shown = async (id: string): Promise<object> => ({ model: loggedModelMessage(await loggedModels.getFull(id)) });

  async function search(input: Input, { caller }: WireRequest): Promise<object> {
    const asked = integer(input, "max_results") ?? 0;
    if (asked < 0) throw invalid(`Invalid value ${asked} for parameter 'max_results' supplied: It must be at least 1.`);
    const ids = texts(input, "experiment_ids");
    if (ids.length === 0)
      throw invalid(
        "Missing value for required parameter 'experiment_ids'. See the API docs for more information about request parameters.",
      );
    const dataset = (one: Input) => ({ name: requiredText(one, "dataset_name"), digest: text(one, "dataset_digest") || undefined });
    const { models, next } = await loggedModels.search({
      experimentIds: ids.map(experimentId),
      filter: text(input, "filter"),
      datasets: messages(input, "datasets").map(dataset),
      orderBy: messages(input, "order_by").map((one) => ({
        field: requiredText(one, "field_name"),
        ascending: boolean(one, "ascending") ?? true,
        dataset: text(one, "dataset_name") ? dataset(one) : undefined,
      })),
      limit: Math.min(asked || 100, 50_000),
      pageToken: text(input, "page_token"),
      projects: caller.projects,
    });
    return {
      ...(models.length > 0 && { models: models.map(loggedModelMessage) }),
      ...(next !== undefined && { next_page_token: next }),
    };
  }

  return [
    route("POST", "", "log", async (input, { caller }) => {
      const experiment = await surface.experiment(caller, experimentId(requiredText(input, "experiment_id")));
      if (experiment.lifecycle !== "active")
        throw invalid(`The experiment ${experiment.id} must be in the 'active' state. Current state is deleted.`);
      const name = text(input, "name") || store.ids.words();
      if (forbidden.test(name)) throw invalid(`Invalid model name (${JSON.stringify(name.slice(0, 200))}): it may not hold / : . % " or '`);
      const made = await loggedModels.create(
        {
          project: experiment.project,
          experimentId: experiment.id,
          name,
          modelType: text(input, "model_type"),
          sourceRunId: text(input, "source_run_id"),
          params: pairs(input, "params", longest.param),
          tags: pairs(input, "tags", longest.tag),
          locationOf: (id) => `${surface.locationOf(experiment)}/models/${id}/artifacts`,
        },
        caller,
      );
      return { model: loggedModelMessage(made) };
    }),
    route("POST", "/search", "read", search),
    route("GET", "/{model_id}", "read", async (_, request) => ({ model: loggedModelMessage(await model(request)) })),
    route("PATCH", "/{model_id}", "log", async (input, request) => {
      const found = await model(request);
      const status = statuses[word(input, "status") ?? ""];
      if (!status)
        throw invalid("Missing or unknown value for required parameter 'status': LOGGED_MODEL_READY or LOGGED_MODEL_UPLOAD_FAILED");
      await loggedModels.finalize(found.id, status, request.caller);
      return shown(found.id);
    }),
    route("DELETE", "/{model_id}", "log", async (_, request) => {
      await loggedModels.remove((await model(request)).id, request.caller);
      return {};
    }),
    route("PATCH", "/{model_id}/tags", "log", async (input, request) => {
      const found = await model(request);
      await loggedModels.setTags(found.id, pairs(input, "tags", longest.tag));
      return shown(found.id);
    }),
    route("DELETE", "/{model_id}/tags/{tag_key}", "log", async (_, request) => {
      const found = await model(request);
      const name = request.params["tag_key"] ?? "";
      if (found.tags[name] === undefined)
        throw new WireFailure("RESOURCE_DOES_NOT_EXIST", `No tag with key '${name.slice(0, 250)}' in model ${found.id}`);
      await loggedModels.removeTag(found.id, name);
      return {};
    }),
    route("POST", "/{model_id}/params", "log", async (input, request) => {
      const found = await model(request);
      await loggedModels.logParams(found.id, pairs(input, "params", longest.param));
      return {};
    }),
  ];
}
