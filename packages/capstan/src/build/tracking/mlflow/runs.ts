import { terminal } from "../rules.ts";
import type { FullRun, RunStatus } from "../model.ts";
import { experimentId, integer, messages, requiredText, runId, text, word } from "./fields.ts";
import { invalid, WireFailure } from "./failures.ts";
import { batchLimits, key, longest, metric, modelMetric, param, tag } from "./limits.ts";
import { messageRoute } from "./message-route.ts";
import { artifactUriOf, runInfo, runMessage } from "./messages.ts";
import type { Input, WireRequest, WireRoute } from "./model.ts";
import { searchRuns } from "./run-search.ts";
import type { Surface } from "./surface.ts";

const statuses: Record<string, RunStatus> = {
  RUNNING: "RUNNING",
  SCHEDULED: "SCHEDULED",
  FINISHED: "FINISHED",
  FAILED: "FAILED",
  KILLED: "KILLED",
  "1": "RUNNING",
  "2": "SCHEDULED",
  "3": "FINISHED",
  "4": "FAILED",
  "5": "KILLED",
};

export function runRoutes(surface: Surface): WireRoute[] {
  const { tracking, store } = surface;
  const message = messageRoute("/mlflow/runs/");
  const whole = async (run: FullRun): Promise<object> => (await surface.shown([run], true))[0] ?? {};

  async function create(input: Input, { caller }: WireRequest): Promise<object> {
    const attempt = await surface.attemptRun(caller);
    // A step's script that names no experiment logs beside its step.
    const experiment = await surface.experimentPlace(caller, experimentId(text(input, "experiment_id") || (attempt?.experimentId ?? "0")));
    const tags = Object.fromEntries(messages(input, "tags").map((one, i) => tag(one, `tags[${i}].key`)));
    const given = text(input, "run_name") || undefined;
    const tagged = tags["mlflow.runName"] || undefined;
    if (given !== undefined && tagged !== undefined && given !== tagged) {
      throw invalid(
        `Both 'run_name' argument and 'mlflow.runName' tag are specified, but with different values (run_name='${given}', mlflow.runName='${tagged}').`,
      );
    }
    const parentId = tags["mlflow.parentRunId"] || attempt?.id;
    // Beyond the protocol: a script in a step may name its run before any server knows it, so that asking again makes no second one.
    const wanted = attempt && text(input, "run_id");
    if (wanted && !/^[0-9a-f]{32}$/.test(wanted)) throw invalid(`Invalid run ID: '${wanted.slice(0, 100)}'`);
    const known = wanted ? await tracking.findRun(wanted) : undefined;
    if (known && (known.kind !== "user" || known.parentId !== parentId))
      throw new WireFailure("RESOURCE_ALREADY_EXISTS", `Run(id=${wanted}) already exists.`);
    if (known) return { run: runMessage(known, artifactUriOf(known, experiment.artifactLocation, surface.artifactRoot)) };
    const run = await tracking.createRun(
      {
        ...(wanted && { id: wanted }),
        project: experiment.project,
        experimentId: experiment.id,
        kind: "user",
        name: (given ?? tagged ?? store.ids.words()).slice(0, longest.runName),
        startedMs: integer(input, "start_time") || store.clock.nowMs(),
        tags,
        by: text(input, "user_id") || tags["mlflow.user"] || caller.actor.name,
        ...(parentId !== undefined && { parentId }),
      },
      caller,
    );
    return { run: runMessage(run, artifactUriOf(run, experiment.artifactLocation, surface.artifactRoot)) };
  }

  async function update(input: Input, { caller }: WireRequest): Promise<object> {
    const id = runId(input);
    const run = await surface.run(caller, id);
    const named = word(input, "status");
    const status = named === undefined ? undefined : statuses[named];
    if (named !== undefined && !status)
      throw invalid(
        `Invalid value ${JSON.stringify(named)} for parameter 'status' supplied: It is one of RUNNING, SCHEDULED, FINISHED, FAILED, KILLED.`,
      );
    const name = text(input, "run_name") || undefined;
    const endedMs = integer(input, "end_time") || undefined;
    if (run.lifecycle === "deleted") throw invalid(`The run ${id} must be in the 'active' state. Current state is deleted.`);
    if (name !== undefined && name !== run.name) await tracking.changeRun(id, { name }, caller, "name");
    // What executes a step decides how it ended, not a client that it started.
    if (status !== undefined && run.kind === "user") {
      if (terminal(status)) await tracking.endRun(id, { status, endedMs: endedMs ?? run.endedMs ?? store.clock.nowMs() }, caller);
      else if (status !== run.status) await tracking.changeRun(id, { status }, caller, "status");
    }
    const after = await tracking.getRun(id);
    return { run_info: runInfo(after, await surface.artifactUri(after)) };
  }

  /** What a client says of a model that a run logged goes into a tag of the run, one after the other. */
  async function logModel(input: Input, { caller }: WireRequest): Promise<object> {
    const id = runId(input);
    const given = requiredText(input, "model_json");
    let model: unknown;
    try {
      model = JSON.parse(given);
    } catch {
      throw invalid(`Malformed model info. \n ${given.slice(0, 500)} \n is not a valid JSON string.`);
    }
    const fields = typeof model === "object" && model !== null ? model : {};
    const lacking = ["artifact_path", "flavors", "utc_time_created", "run_id"].filter((field) => !(field in fields));
    if (lacking.length > 0) throw invalid(`Model json is missing mandatory fields: ${lacking.join(", ")}`);
    const run = await surface.run(caller, id);
    let history: unknown;
    try {
      history = JSON.parse(run.tags["mlflow.log-model.history"] ?? "[]");
    } catch {
      history = [];
    }
    const all = [...(Array.isArray(history) ? history : []), model];
    await tracking.setTags(id, { "mlflow.log-model.history": JSON.stringify(all) }, caller);
    return {};
  }

  async function logBatch(input: Input, { caller }: WireRequest): Promise<object> {
    const id = runId(input);
    const [metrics, params, tags] = [messages(input, "metrics"), messages(input, "params"), messages(input, "tags")];
    batchLimits({ metrics: metrics.length, params: params.length, tags: tags.length });
    const points = metrics.map((one, i) => metric(one, `metrics[${i}].`));
    const modelMetrics = metrics.flatMap((one, i) => modelMetric(one, points[i]));
    const pairs = params.map((one, i) => param(one, `params[${i}].key`));
    const texts = Object.fromEntries(pairs);
    if (Object.keys(texts).length < pairs.length)
      throw invalid("Duplicate parameter keys have been submitted. Please ensure the request contains only one param value per param key.");
    const tagged = Object.fromEntries(tags.map((one, i) => tag(one, `tags[${i}].key`)));
    await surface.mustSee(caller, id);
    await tracking.logBatch(id, { metrics: points, params: texts, tags: tagged, ...(modelMetrics.length > 0 && { modelMetrics }) }, caller);
    return {};
  }

  const lifecycle =
    (to: "active" | "deleted") =>
    async (input: Input, { caller }: WireRequest): Promise<object> => {
      const run = await surface.run(caller, runId(input));
      if (run.kind !== "user")
        throw new WireFailure("PERMISSION_DENIED", `Run ${run.id} belongs to a pipeline and is not deleted or restored by clients.`);
      if (run.lifecycle !== to) await tracking.changeRun(run.id, { lifecycle: to }, caller, to === "deleted" ? "deleted" : "restored");
      return {};
    };

  return [
    message("POST", "create", "log", create),
    message("GET", "get", "read", async (input, { caller }) => ({ run: await whole(await surface.run(caller, runId(input))) })),
    message("POST", "update", "log", update),
    {
      method: "POST",
      path: "/mlflow/runs/search",
      capability: "read",
      takes: "message",
      handle: (request) => searchRuns(surface, request),
    },
    message("POST", "log-model", "log", logModel),
    message("POST", "delete", "log", lifecycle("deleted")),
    message("POST", "restore", "log", lifecycle("active")),
    message("POST", "log-metric", "log", async (input, { caller }) => {
      const id = runId(input);
      const point = metric(input);
      const modelMetrics = modelMetric(input, point);
      await surface.mustSee(caller, id);
      await tracking.logBatch(id, { metrics: [point], ...(modelMetrics.length > 0 && { modelMetrics }) }, caller);
      return {};
    }),
    message("POST", "log-parameter", "log", async (input, { caller }) => {
      const id = runId(input);
      const [name, value] = param(input);
      await surface.mustSee(caller, id);
      await tracking.logBatch(id, { params: { [name]: value } }, caller);
      return {};
    }),
    message("POST", "set-tag", "log", async (input, { caller }) => {
      const id = runId(input);
      const [name, value] = tag(input);
      await surface.mustSee(caller, id);
      await tracking.logBatch(id, { tags: { [name]: value } }, caller);
      return {};
    }),
    message("POST", "delete-tag", "log", async (input, { caller }) => {
      const id = runId(input);
      const name = key(requiredText(input, "key"), "key");
      await surface.mustSee(caller, id);
      await tracking.removeTag(id, name, caller);
      return {};
    }),
    message("POST", "log-batch", "log", logBatch),
  ];
}
