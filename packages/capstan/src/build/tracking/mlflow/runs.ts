import { terminal } from "../rules.ts";
import type { FullRun, RunStatus } from "../model.ts";
import { experimentId, integer, messages, pageToken, requiredText, runId, text, texts, token, viewType } from "./fields.ts";
import { invalid, WireFailure } from "./failures.ts";
import { batchLimits, key, longest, metric, param, tag } from "./limits.ts";
import { artifactUriOf, runInfo, runMessage } from "./messages.ts";
import type { Input, WireReply, WireRequest, WireRoute } from "./model.ts";
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
const newestFirst = /^(attributes?\.|attr\.|run\.)?[`"]?(start_time|created)[`"]?( +desc)$/i;

export function runRoutes(surface: Surface): WireRoute[] {
  const { tracking, store } = surface;
  const message = (
    method: "GET" | "POST",
    path: string,
    capability: "read" | "log",
    answer: (input: Input, request: WireRequest) => Promise<object>,
  ): WireRoute => ({
    method,
    path: `/mlflow/runs/${path}`,
    capability,
    takes: "message",
    handle: async (request): Promise<WireReply> => ({ status: 200, json: await answer(request.input, request) }),
  });
  const whole = async (run: FullRun): Promise<object> => runMessage(run, await surface.artifactUri(run));

  async function create(input: Input, { caller }: WireRequest): Promise<object> {
    const attempt = await surface.attemptRun(caller);
    // A step's script that names no experiment logs beside its step.
    const experiment = await surface.experiment(caller, experimentId(text(input, "experiment_id") || (attempt?.experimentId ?? "0")));
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
    const word = text(input, "status");
    const status = word === undefined || word === "" ? undefined : statuses[word.toUpperCase()];
    if (word && !status)
      throw invalid(
        `Invalid value ${JSON.stringify(word)} for parameter 'status' supplied: It is one of RUNNING, SCHEDULED, FINISHED, FAILED, KILLED.`,
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

  async function search(input: Input, { caller }: WireRequest): Promise<object> {
    if (text(input, "filter")) throw invalid("Invalid value for parameter 'filter' supplied: this server lists runs without a filter.");
    if (texts(input, "order_by").some((one) => !newestFirst.test(one.trim())))
      throw invalid("Invalid value for parameter 'order_by' supplied: this server lists runs by start_time DESC.");
    const limit = integer(input, "max_results") ?? 1000;
    if (limit < 1 || limit > 50_000)
      throw invalid(`Invalid value ${limit} for parameter 'max_results' supplied: It must be at least 1 and at most 50000.`);
    const state = pageToken(input);
    const { startedMs, id } = state ?? {};
    if (state && (!Number.isSafeInteger(startedMs) || typeof id !== "string"))
      throw invalid("Invalid page token, it is none that this server gave");
    const experimentIds = texts(input, "experiment_ids").map(experimentId);
    const runs = await tracking.listRuns(
      {
        experimentIds,
        kinds: ["user", "step", "pipeline"],
        lifecycle: viewType(input, "run_view_type"),
        ...(caller.projects && { projects: caller.projects }),
      },
      limit,
      state ? { startedMs: startedMs as number, id: id as string } : undefined,
    );
    const locations = new Map<string, string | null>();
    for (const one of new Set(runs.map((run) => run.experimentId)))
      locations.set(one, (await tracking.experiments.find(one))?.artifactLocation ?? null);
    const last = runs[runs.length - 1];
    return {
      ...(runs.length > 0 && {
        runs: runs.map((run) => runMessage(run, artifactUriOf(run, locations.get(run.experimentId) ?? null, surface.artifactRoot))),
      }),
      ...(last && runs.length === limit && { next_page_token: token({ startedMs: last.startedMs, id: last.id }) }),
    };
  }

  async function logBatch(input: Input, { caller }: WireRequest): Promise<object> {
    const id = runId(input);
    const [metrics, params, tags] = [messages(input, "metrics"), messages(input, "params"), messages(input, "tags")];
    batchLimits({ metrics: metrics.length, params: params.length, tags: tags.length });
    const points = metrics.map((one, i) => metric(one, `metrics[${i}].`));
    const pairs = params.map((one, i) => param(one, `params[${i}].key`));
    const texts = Object.fromEntries(pairs);
    if (Object.keys(texts).length < pairs.length)
      throw invalid("Duplicate parameter keys have been submitted. Please ensure the request contains only one param value per param key.");
    const tagged = Object.fromEntries(tags.map((one, i) => tag(one, `tags[${i}].key`)));
    await surface.mustSee(caller, id);
    await tracking.logBatch(id, { metrics: points, params: texts, tags: tagged }, caller);
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
    message("POST", "search", "read", search),
    message("POST", "delete", "log", lifecycle("deleted")),
    message("POST", "restore", "log", lifecycle("active")),
    message("POST", "log-metric", "log", async (input, { caller }) => {
      const id = runId(input);
      const point = metric(input);
      await surface.mustSee(caller, id);
      await tracking.logBatch(id, { metrics: [point] }, caller);
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
