import { Readable } from "node:stream";
import type { DatasetInput, ModelLink, RunStatus } from "../../tracking/model.ts";
import { safePath } from "../../tracking/rules.ts";
import { inTurns } from "../import/artifacts.ts";
import type { MlflowSource, RunHead, SourceExperiment, SourceFile, SourcePlace, SourceRun } from "../model.ts";
import { createMlflowClient, type Credentials, queryText } from "./client.ts";
import { collectCurves } from "./curves.ts";
import { markOf } from "./mark.ts";
import { loggedModelOf, registeredOf } from "./server-models.ts";
import { serverEvaluationDatasets } from "./server-evaluation.ts";
import { serverLeft } from "./server-left.ts";
import { serverTraces } from "./server-traces.ts";
import { type Json, lifecycleOf, list, number, object, said, text, textsOf } from "./words.ts";

const [api, pages] = ["/api/2.0/mlflow", "/ajax-api/2.0/mlflow"];
/** As MLflow's own clients ask: each answer costs a server the sorting of all runs. */
const runsPerAnswer = 1000;
const runsPerPage = 100;
/** One answer of the bulk history holds at most this many points. */
const pointsPerAnswer = 25_000;
const atOnce = 4;

/** A running MLflow server, through the protocol of its own clients. */
export async function serverSource({ from, ...credentials }: Credentials & { from: string }): Promise<MlflowSource> {
  const client = createMlflowClient(from, credentials);
  let active: string[] = [];
  const keys = new WeakMap<RunHead, string[]>();
  /** Ids of the runs that were read, by experiment. */
  const runIds = new Map<string, string[]>();

  async function* searched(path: string, body: object, field: string): AsyncIterable<Json[]> {
    for (let token = ""; ;) {
      const answer = await client.post(path, { ...body, ...(token !== "" && { page_token: token }) });
      yield list(answer[field]);
      token = text(answer["next_page_token"]);
      if (token === "") return;
    }
  }

  /** Histories of one key: of many runs in one answer, and of each alone when they do not fit into one. */
  async function historyOf(key: string, runs: readonly string[], curves: ReturnType<typeof collectCurves>): Promise<void> {
    const add = (run: string, point: Json): void =>
      curves.add(run, key, number(point["step"]), number(point["timestamp"]), number(point["value"]));
    const asked =
      runs.length > 1
        ? await client.find(
            `${pages}/metrics/get-history-bulk?${queryText({ run_id: runs, metric_key: key, max_results: pointsPerAnswer })}`,
          )
        : undefined;
    const points = list(asked?.["metrics"]);
    if (asked && points.length < pointsPerAnswer) {
      for (const point of points) add(text(point["run_id"]), point);
      return;
    }
    if (runs.length > 1) {
      const half = Math.ceil(runs.length / 2);
      await historyOf(key, runs.slice(0, half), curves);
      return historyOf(key, runs.slice(half), curves);
    }
    for (let token: string | undefined; ;) {
      const query = queryText({ run_id: runs[0], metric_key: key, max_results: pointsPerAnswer, page_token: token });
      const answer = await client.get(`${api}/metrics/get-history?${query}`);
      for (const point of list(answer["metrics"])) add(runs[0] ?? "", point);
      token = said(answer["next_page_token"]) ?? undefined;
      if (token === undefined) return;
    }
  }

  /** Of a run that has ended a server says the latest point of each curve; one that goes on may be given another at any time. */
  function headOf(run: Json): RunHead {
    const [info, data] = [object(run["info"]), object(run["data"])];
    const id = text(info["run_id"]);
    const place = text(info["experiment_id"]);
    const others = runIds.get(place);
    if (others) others.push(id);
    else runIds.set(place, [id]);
    const inputs = object(run["inputs"]);
    const tags = textsOf(data["tags"]);
    const latest = list(data["metrics"]);
    const said = {
      id,
      experimentId: place,
      name: text(info["run_name"]) || (tags["mlflow.runName"] ?? ""),
      by: text(info["user_id"]),
      status: (text(info["status"]) || "RUNNING") as RunStatus,
      lifecycle: lifecycleOf(info["lifecycle_stage"]),
      startedMs: number(info["start_time"]),
      endedMs: info["end_time"] === undefined || info["end_time"] === null ? null : number(info["end_time"]),
      params: textsOf(data["params"]),
      tags,
      datasets: list(inputs["dataset_inputs"]).map(datasetOf),
      models: [
        ...list(inputs["model_inputs"]).map(readLink),
        ...list(object(run["outputs"])["model_outputs"]).map((one): ModelLink => ({
          direction: "outputs",
          modelId: text(one["model_id"]),
          step: number(one["step"]),
        })),
      ],
      artifactUri: text(info["artifact_uri"]),
    };
    const ended = ["FINISHED", "FAILED", "KILLED"].includes(said.status) && said.endedMs !== null;
    const head = { ...said, mark: ended ? markOf(said, latest.map((one) => JSON.stringify(one)).sort()) : null };
    keys.set(
      head,
      latest.map((metric) => text(metric["key"])),
    );
    return head;
  }

  async function whole(page: readonly RunHead[]): Promise<SourceRun[]> {
    const curves = collectCurves();
    const byKey = new Map<string, string[]>();
    for (const one of page) for (const key of keys.get(one) ?? []) byKey.set(key, [...(byKey.get(key) ?? []), one.id]);
    await inTurns([...byKey], atOnce, ([key, runs]) => historyOf(key, runs, curves));
    const found: SourceRun[] = [];
    for (const one of page) {
      // A search leaves out which models a run read; only some runs that know models can have read any.
      const inputs =
        one.models.length > 0
          ? object(object((await client.get(`${api}/runs/get?run_id=${one.id}`))["run"])["inputs"])["model_inputs"]
          : undefined;
      const made = one.models.filter((link) => link.direction === "outputs");
      found.push({ ...one, ...curves.of(one.id), models: [...list(inputs).map(readLink), ...made] });
    }
    return found;
  }

  async function filesOf(listing: (folder: string) => Promise<Json[]>, bytes: (path: string) => string): Promise<SourceFile[]> {
    const files: SourceFile[] = [];
    const folders = [""];
    const seen = new Set(folders);
    for (const folder of folders)
      for (const one of await listing(folder)) {
        const path = text(one["path"]);
        if (safePath(path) === undefined || seen.has(path)) continue;
        seen.add(path);
        if (one["is_dir"] === true) folders.push(path);
        else
          files.push({
            path,
            // A server leaves out a size of 0.
            sizeBytes: number(one["file_size"] ?? 0),
            async keep(blobs) {
              const { body } = await client.send("GET", bytes(path));
              return body ? blobs.putStream(Readable.fromWeb(body as never)) : blobs.putBytes(new Uint8Array());
            },
          });
      }
    return files.sort((a, b) => (a.path < b.path ? -1 : 1));
  }

  async function files(place: SourcePlace): Promise<SourceFile[] | undefined> {
    if (place.run !== undefined) {
      const run = place.run;
      return filesOf(
        async (folder) =>
          list((await client.get(`${api}/artifacts/list?${queryText({ run_id: run, path: folder || undefined })}`))["files"]),
        (path) => `/get-artifact?${queryText({ run_uuid: run, path })}`,
      );
    }
    const at = `${pages}/logged-models/${place.loggedModel ?? ""}/artifacts`;
    return filesOf(
      async (folder) =>
        list(
          (
            await client.get(
              `${api}/logged-models/${place.loggedModel ?? ""}/artifacts/directories?${queryText({ artifact_directory_path: folder || undefined })}`,
            )
          )["files"],
        ),
      (path) => `${at}/files?${queryText({ artifact_file_path: path })}`,
    );
  }

  const traces = serverTraces(client, (experiment) => runIds.get(experiment) ?? []);

  return {
    label: client.label,
    async experiments() {
      const found: SourceExperiment[] = [];
      for await (const page of searched(`${api}/experiments/search`, { view_type: "ALL", max_results: 1000 }, "experiments"))
        for (const one of page)
          found.push({
            id: text(one["experiment_id"]),
            name: text(one["name"]),
            lifecycle: lifecycleOf(one["lifecycle_stage"]),
            createdMs: number(one["creation_time"]),
            updatedMs: number(one["last_update_time"]),
            tags: textsOf(one["tags"]),
          });
      active = found.filter((one) => one.lifecycle === "active").map((one) => one.id);
      return found.reverse();
    },
    countRuns: async () => null,
    async *runs(experiments) {
      for (const { id } of experiments) {
        // Oldest first, so that what begins meanwhile comes at the end.
        const body = { experiment_ids: [id], run_view_type: "ALL", max_results: runsPerAnswer, order_by: ["attributes.start_time ASC"] };
        for await (const answer of searched(`${api}/runs/search`, body, "runs"))
          for (let from = 0; from < answer.length; from += runsPerPage) yield answer.slice(from, from + runsPerPage).map(headOf);
      }
    },
    whole,
    async *loggedModels(experiments) {
      for (const { id } of experiments) {
        try {
          for await (const page of searched(`${api}/logged-models/search`, { experiment_ids: [id], max_results: 50 }, "models"))
            yield page.map(loggedModelOf);
        } catch (error) {
          // Servers before MLflow 3 know no logged models.
          if ((error as { params?: { status?: number } }).params?.status === 404) return;
          throw error;
        }
      }
    },
    async *registeredModels() {
      for (const filter of ["", "tags.`mlflow.prompt.is_prompt` = 'true'"])
        for (let token: string | undefined; ;) {
          const query = queryText({ max_results: 100, page_token: token, filter: filter || undefined });
          const answer = await client.find(`${api}/registered-models/search?${query}`);
          for (const one of list(answer?.["registered_models"])) yield await registeredOf(client, one);
          token = said(answer?.["next_page_token"]) ?? undefined;
          if (token === undefined) break;
        }
    },
    traces: traces.traces,
    wholeTraces: traces.whole,
    files,
    isNear: () => false,
    evaluationDatasets: serverEvaluationDatasets(client),
    left: () => serverLeft(client, active),
    close: async () => undefined,
  };
}

const readLink = (one: Json): ModelLink => ({ direction: "inputs", modelId: text(one["model_id"]), step: 0 });

const datasetOf = (one: Json): DatasetInput => {
  const said = object(one["dataset"]);
  return {
    dataset: {
      name: text(said["name"]),
      digest: text(said["digest"]),
      sourceType: text(said["source_type"]),
      source: text(said["source"]),
      schema: said["schema"] === undefined ? null : text(said["schema"]),
      profile: said["profile"] === undefined ? null : text(said["profile"]),
    },
    tags: list(one["tags"]).map((tag) => ({ key: text(tag["key"]), value: text(tag["value"]) })),
  };
};
