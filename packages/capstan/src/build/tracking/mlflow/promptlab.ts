import { experimentId, integer, messages, text } from "./fields.ts";
import { invalid } from "./failures.ts";
import { messageRoute } from "./message-route.ts";
import type { Input, WireRequest, WireRoute } from "./model.ts";
import type { Surface } from "./surface.ts";

const table = "eval_results_table.json";
const pairs = (input: Input, field: string): [string, string][] =>
  messages(input, field).map((one) => [text(one, "key") ?? "", text(one, "value") ?? ""]);
const filledIn = (template: string, values: readonly [string, string][]): string =>
  values.reduce(
    (done, [key, value]) => done.replace(new RegExp(`\\{\\{\\s*${key.replace(/[^\w]/g, "\\$&")}\\s*\\}\\}`, "g"), () => value),
    template,
  );

/** A finished run from one prompt and its answer, as MLflow's pages make it. No model is logged with it: none was trained. */
export function promptlabRoutes({ tracking, store, experiment, shown }: Surface): WireRoute[] {
  const route = messageRoute("/mlflow/runs");

  async function create(input: Input, { caller }: WireRequest): Promise<object> {
    const required = (name: string): string => {
      const value = text(input, name);
      if (!value) throw invalid(`CreatePromptlabRun request must specify ${name}.`);
      return value;
    };
    const id = required("experiment_id");
    const template = required("prompt_template");
    const values = pairs(input, "prompt_parameters");
    if (values.length === 0) throw invalid("CreatePromptlabRun request must specify prompt_parameters.");
    const modelRoute = required("model_route");
    required("model_input");
    required("mlflow_version");
    const place = await experiment(caller, experimentId(id));
    const output = text(input, "model_output") ?? "";
    const facts = pairs(input, "model_output_parameters");
    const content = {
      columns: [...values.map(([key]) => key), "prompt", "output", ...facts.map(([key]) => key)],
      data: [[...values.map(([, value]) => value), filledIn(template, values), output, ...facts.map(([, value]) => value)]],
    };
    const run = await tracking.createRun(
      {
        project: place.project,
        experimentId: place.id,
        kind: "user",
        name: text(input, "run_name") || store.ids.words(),
        startedMs: integer(input, "start_time") || store.clock.nowMs(),
        params: { ...Object.fromEntries(pairs(input, "model_parameters")), model_route: modelRoute, prompt_template: template },
        tags: {
          ...Object.fromEntries(pairs(input, "tags")),
          "mlflow.loggedArtifacts": `[{"path": "${table}", "type": "table"}]`,
          "mlflow.runSourceType": "PROMPT_ENGINEERING",
        },
        by: text(input, "user_id") || caller.actor.name,
      },
      caller,
    );
    await tracking.putArtifact(run.id, table, await store.blobs.putBytes(Buffer.from(JSON.stringify(content))), caller);
    await tracking.endRun(run.id, { status: "FINISHED", endedMs: store.clock.nowMs() }, caller);
    const [message] = await shown([await tracking.getRun(run.id)], true);
    return { run: message };
  }
  return [route("POST", "/create-promptlab-run", "log", create)];
}
