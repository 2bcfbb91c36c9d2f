import { integer, message, messages, requiredText, runId, text } from "./fields.ts";
import { invalid } from "./failures.ts";
import type { Input, WireRequest, WireRoute } from "./model.ts";
import type { DatasetInput, ModelLink } from "../model.ts";
import type { Surface } from "./surface.ts";

/** Longest fields of a dataset and its tags. */
const longest = { name: 500, digest: 36, schema: 1_048_575, source: 65_535, profile: 16_777_215, tagKey: 255, tagValue: 500 } as const;
const within = (name: string, value: string, limit: number): string => {
  if (value.length > limit) throw invalid(`'${name}' exceeds the maximum length of ${limit} characters`);
  return value;
};

function dataset(one: Input, path: string): DatasetInput {
  const given = message(one, "dataset");
  if (!given)
    throw invalid(
      `Missing value for required parameter '${path}.dataset'. See the API docs for more information about request parameters.`,
    );
  const part = (name: "schema" | "profile"): string | null => {
    const value = text(given, name);
    return value === undefined ? null : within(`${path}.dataset.${name}`, value, longest[name]);
  };
  return {
    dataset: {
      name: within(`${path}.dataset.name`, requiredText(given, "name"), longest.name),
      digest: within(`${path}.dataset.digest`, requiredText(given, "digest"), longest.digest),
      sourceType: requiredText(given, "source_type"),
      source: within(`${path}.dataset.source`, requiredText(given, "source"), longest.source),
      schema: part("schema"),
      profile: part("profile"),
    },
    tags: messages(one, "tags").map((tag) => ({
      key: within(`${path}.tags.key`, requiredText(tag, "key"), longest.tagKey),
      value: within(`${path}.tags.value`, text(tag, "value") ?? "", longest.tagValue),
    })),
  };
}

/** What runs read and made: datasets and logged models. */
export function runInputRoutes({ tracking, mustSee }: Surface): WireRoute[] {
  const route = (path: string, answer: (input: Input, request: WireRequest) => Promise<void>): WireRoute => ({
    method: "POST",
    path: `/mlflow/runs/${path}`,
    capability: "log",
    takes: "message",
    handle: async (request) => {
      await answer(request.input, request);
      return { status: 200, json: {} };
    },
  });
  const model =
    (direction: ModelLink["direction"]) =>
    (one: Input): ModelLink => ({
      direction,
      modelId: requiredText(one, "model_id"),
      step: direction === "outputs" ? (integer(one, "step") ?? 0) : 0,
    });
  return [
    route("log-inputs", async (input, { caller }) => {
      const id = runId(input);
      const datasets = messages(input, "datasets").map((one, i) => dataset(one, `datasets[${i}]`));
      const models = messages(input, "models").map(model("inputs"));
      await mustSee(caller, id);
      if (datasets.length + models.length > 0) await tracking.addInputs(id, { datasets, models }, caller);
    }),
    route("outputs", async (input, { caller }) => {
      const id = runId(input);
      const models = messages(input, "models").map(model("outputs"));
      await mustSee(caller, id);
      if (models.length > 0) await tracking.addInputs(id, { models }, caller);
    }),
  ];
}
