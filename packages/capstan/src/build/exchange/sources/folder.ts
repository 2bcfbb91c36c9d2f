import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { DatasetInput, LoggedModelStatus, ModelLink, RunStatus } from "../../tracking/model.ts";
import type {
  Left,
  MlflowSource,
  SourceExperiment,
  RunHead,
  SourceLoggedModel,
  SourceModelMetric,
  SourceRegisteredModel,
  SourceRun,
} from "../model.ts";
import { collectCurves } from "./curves.ts";
import { linesOf } from "./local-files.ts";
import { folderTraces, withSpansFile } from "./folder-traces.ts";
import { type Facts, foldersIn, pathsBelow, readFacts, statsBelow, textsBelow } from "./folder-files.ts";
import { markOf } from "./mark.ts";
import type { Places } from "./places.ts";
import { lifecycleOf, number, pythonNumber, said, stageOf, text } from "./words.ts";

const runsPerPage = 50;
/** As MLflow numbers them. */
const statuses: Record<string, RunStatus> = { 1: "RUNNING", 2: "SCHEDULED", 3: "FINISHED", 4: "FAILED", 5: "KILLED" };
const modelStatuses: Record<string, LoggedModelStatus> = { 0: "UNSPECIFIED", 1: "PENDING", 2: "READY", 3: "UPLOAD_FAILED" };
const idPattern = /^[a-zA-Z0-9][\w-]{0,63}$/;

/** An mlruns folder as MLflow's FileStore writes it, its trash included. */
export async function folderSource(root: string, { files, isNear }: Places): Promise<MlflowSource> {
  /** Folder of each experiment, by id. */
  const places = new Map<string, string>();
  const folders = new WeakMap<RunHead, string>();
  const trash = join(root, ".trash");
  for (const parent of [root, trash])
    for (const name of await foldersIn(parent))
      if (idPattern.test(name) && name !== "models" && existsSync(join(parent, name, "meta.yaml"))) places.set(name, join(parent, name));
  const left = new Map<string, Left>();
  const leave = (what: string, why: string, count = 1): void => {
    if (count > 0) left.set(`${what}\n${why}`, { what, why, count: (left.get(`${what}\n${why}`)?.count ?? 0) + count });
  };

  /** Lines are added to the files of metrics, and never changed. */
  async function headAt(folder: string, facts: Facts): Promise<RunHead> {
    const [params, tags, metrics, datasets, models] = await Promise.all([
      textsBelow(join(folder, "params")),
      textsBelow(join(folder, "tags")),
      statsBelow(join(folder, "metrics")),
      datasetsAt(folder),
      linksAt(folder),
    ]);
    const said = {
      id: text(facts["run_id"] ?? facts["run_uuid"]),
      experimentId: text(facts["experiment_id"]),
      name: text(facts["run_name"]) || (tags["mlflow.runName"] ?? text(facts["name"])),
      by: text(facts["user_id"]),
      status: statuses[text(facts["status"])] ?? "RUNNING",
      lifecycle: lifecycleOf(facts["lifecycle_stage"]),
      startedMs: number(facts["start_time"]),
      endedMs: facts["end_time"] === null || facts["end_time"] === undefined ? null : number(facts["end_time"]),
      params,
      tags,
      datasets,
      models,
      // What lies beside the run is its own; a place of another form is where it says.
      artifactUri: existsSync(join(folder, "artifacts"))
        ? join(folder, "artifacts")
        : text(facts["artifact_uri"]) || join(folder, "artifacts"),
    };
    const head = { ...said, mark: markOf(said, metrics) };
    folders.set(head, folder);
    return head;
  }

  async function curvesAt(run: string, folder: string): Promise<Pick<SourceRun, "curves" | "left">> {
    const curves = collectCurves();
    let odd = 0;
    for (const key of await pathsBelow(folder)) {
      for await (const lines of linesOf(join(folder, key)))
        for (const line of lines) {
          if (line === "") continue;
          const [time = "", value = "", step = "0"] = line.split(" ");
          const point = [Number(step), Number(time), pythonNumber(value)] as const;
          if (Number.isNaN(point[0]) || Number.isNaN(point[1])) odd++;
          else curves.add(run, key, ...point);
        }
    }
    const found = curves.of(run);
    if (odd > 0) found.left.push({ what: "metric points", count: odd, why: "their line is not written as MLflow writes it" });
    return found;
  }

  async function datasetsAt(folder: string): Promise<DatasetInput[]> {
    const found: DatasetInput[] = [];
    for (const name of await foldersIn(join(folder, "inputs"))) {
      const edge = await readFacts(join(folder, "inputs", name));
      const id = text(edge?.["source_id"]);
      if (edge?.["source_type"] !== "DATASET" || !idPattern.test(id)) continue;
      const one = await readFacts(join(folder, "..", "datasets", id));
      if (!one) {
        leave("dataset inputs", "the dataset that they name is not there");
        continue;
      }
      const tags = edge["tags"];
      found.push({
        dataset: {
          name: text(one["name"]),
          digest: text(one["digest"]),
          sourceType: text(one["source_type"]),
          source: text(one["source"]),
          schema: one["schema"] === null || one["schema"] === undefined ? null : text(one["schema"]),
          profile: one["profile"] === null || one["profile"] === undefined ? null : text(one["profile"]),
        },
        tags: typeof tags === "object" && tags !== null ? Object.entries(tags).map(([key, value]) => ({ key, value: text(value) })) : [],
      });
    }
    return found;
  }

  async function linksAt(folder: string): Promise<ModelLink[]> {
    const found: ModelLink[] = [];
    for (const direction of ["inputs", "outputs"] as const)
      for (const name of await foldersIn(join(folder, direction))) {
        const edge = await readFacts(join(folder, direction, name));
        const type = text(edge?.["destination_type"]);
        if (edge && (type === "MODEL_INPUT" || type === "MODEL_OUTPUT"))
          found.push({ direction, modelId: text(edge["destination_id"]), step: direction === "outputs" ? number(edge["step"]) : 0 });
      }
    return found;
  }

  async function loggedModelAt(folder: string, facts: Facts): Promise<SourceLoggedModel> {
    const metrics: SourceModelMetric[] = [];
    for (const key of await pathsBelow(join(folder, "metrics")))
      for (const line of (await readFile(join(folder, "metrics", key), "utf8")).split("\n")) {
        const [time, value = "", step = "0", runId = "", name, digest] = line.split(" ");
        if (line === "" || !/^-?\d+$/.test(time ?? "")) continue;
        metrics.push({
          runId,
          key,
          step: Number(step),
          timeMs: Number(time),
          value: pythonNumber(value),
          dataset: name === undefined ? null : { name, digest: digest ?? "" },
        });
      }
    return {
      id: text(facts["model_id"]),
      experimentId: text(facts["experiment_id"]),
      name: text(facts["name"]),
      modelType: said(facts["model_type"]),
      sourceRunId: said(facts["source_run_id"]),
      status: modelStatuses[text(facts["status"])] ?? "UNSPECIFIED",
      lifecycle: lifecycleOf(facts["lifecycle_stage"]),
      createdMs: number(facts["creation_timestamp"]),
      updatedMs: number(facts["last_updated_timestamp"]),
      params: await textsBelow(join(folder, "params")),
      tags: await textsBelow(join(folder, "tags")),
      metrics,
      artifactUri: existsSync(join(folder, "artifacts")) ? join(folder, "artifacts") : text(facts["artifact_location"]),
    };
  }

  async function registeredAt(folder: string, facts: Facts): Promise<SourceRegisteredModel> {
    const versions: SourceRegisteredModel["versions"] = [];
    for (const name of await foldersIn(folder)) {
      const one = name.startsWith("version-") ? await readFacts(join(folder, name)) : undefined;
      if (!one || one["current_stage"] === "Deleted_Internal") continue;
      versions.push({
        number: number(one["version"]),
        createdMs: number(one["creation_timestamp"]),
        updatedMs: number(one["last_updated_timestamp"]),
        description: said(one["description"]),
        stage: stageOf(one["current_stage"]),
        source: said(one["source"]),
        location: said(one["storage_location"]) ?? said(one["source"]),
        runId: said(one["run_id"]),
        runLink: said(one["run_link"]),
        loggedModel: said(one["model_id"]),
        tags: await textsBelow(join(folder, name, "tags")),
      });
    }
    return {
      name: text(facts["name"]),
      description: said(facts["description"]),
      createdMs: number(facts["creation_timestamp"]),
      updatedMs: number(facts["last_updated_timestamp"]),
      tags: await textsBelow(join(folder, "tags")),
      aliases: Object.fromEntries(
        Object.entries(await textsBelow(join(folder, "aliases"))).map(([alias, number]) => [alias, Number(number)]),
      ),
      versions: versions.sort((a, b) => a.number - b.number),
    };
  }

  /** Pages of what `read` makes of the folders below each experiment's `inner`. */
  async function* pages<T>(
    all: readonly SourceExperiment[],
    inner: string,
    read: (folder: string, facts: Facts) => Promise<T>,
    noun: string,
  ) {
    let page: T[] = [];
    for (const { id } of all) {
      const folder = join(places.get(id) ?? root, inner);
      for (const name of await foldersIn(folder)) {
        if (!idPattern.test(name) || (inner === "" && ["tags", "datasets", "traces", "models"].includes(name))) continue;
        const facts = await readFacts(join(folder, name));
        if (facts) page.push(await read(join(folder, name), facts));
        else leave(noun, "their meta.yaml is missing or cannot be read");
        if (page.length < runsPerPage) continue;
        yield page;
        page = [];
      }
    }
    if (page.length > 0) yield page;
  }

  return {
    label: root,
    async experiments() {
      const found: SourceExperiment[] = [];
      for (const [id, folder] of places) {
        const facts = await readFacts(folder);
        if (!facts) {
          leave("experiments", "their meta.yaml cannot be read");
          continue;
        }
        found.push({
          id,
          name: text(facts["name"]),
          lifecycle: folder.startsWith(trash) ? "deleted" : lifecycleOf(facts["lifecycle_stage"]),
          createdMs: number(facts["creation_time"]),
          updatedMs: number(facts["last_update_time"]),
          tags: await textsBelow(join(folder, "tags")),
        });
      }
      return found;
    },
    async countRuns() {
      let count = 0;
      for (const folder of places.values())
        for (const name of await foldersIn(folder)) if (existsSync(join(folder, name, "meta.yaml"))) count++;
      return count;
    },
    runs: (experiments) => pages(experiments, "", headAt, "runs"),
    async whole(runs) {
      const found: SourceRun[] = [];
      for (const one of runs) found.push({ ...one, ...(await curvesAt(one.id, join(folders.get(one) ?? root, "metrics"))) });
      return found;
    },
    loggedModels: (experiments) => pages(experiments, "models", loggedModelAt, "logged models"),
    async *registeredModels() {
      for (const name of await foldersIn(join(root, "models"))) {
        const facts = await readFacts(join(root, "models", name));
        if (facts) yield await registeredAt(join(root, "models", name), facts);
      }
    },
    async *traces(experiments) {
      for (const { id } of experiments)
        yield* folderTraces({ id, folder: places.get(id) ?? root }, ({ what, why, count }) => leave(what, why, count));
    },
    wholeTraces: (page) => withSpansFile(files, page),
    // MLflow keeps none in a folder.
    async *evaluationDatasets() {},
    files,
    isNear,
    left: async () => [...left.values()],
    close: async () => undefined,
  };
}
