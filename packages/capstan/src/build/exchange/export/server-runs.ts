import type { FullRun } from "../../tracking/model.ts";
import { slicePoints } from "../../tracking/points.ts";
import { exportedTag, importedFrom } from "../rules.ts";
import { list, object, pairsOf } from "../sources/words.ts";
import type { HeldRun } from "./held.ts";
import { api, type Client, exportFiles, idTag, longestTag, type Target } from "./target.ts";

const [metricsAtOnce, textsAtOnce] = [1000, 100];

const parts = <T>(all: readonly T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(all.length / size) }, (_, i) => all.slice(i * size, (i + 1) * size));

/** The server gives the ids, so that a child can name its parent only after it. */
export function parentsFirst(held: readonly HeldRun[]): HeldRun[] {
  const byId = new Map(held.map((one) => [one.run.id, one]));
  const ordered = new Set<HeldRun>();
  for (const one of held) {
    const line: HeldRun[] = [];
    for (
      let at: HeldRun | undefined = one;
      at && !ordered.has(at) && !line.includes(at);
      at = byId.get(at.run.tags["mlflow.parentRunId"] ?? "")
    )
      line.push(at);
    for (const run of line.reverse()) ordered.add(run);
  }
  return [...ordered];
}

/** Digests of runs that are there whole, by their ids here. */
export async function runsThere({ client, runs }: Target, experimentId: string): Promise<Map<string, string>> {
  const whole = new Map<string, string>();
  for (let token: string | undefined; ;) {
    const body = {
      experiment_ids: [experimentId],
      run_view_type: "ALL",
      max_results: 1000,
      ...(token !== undefined && { page_token: token }),
    };
    const answer = await client.post(`${api}/runs/search`, body);
    for (const run of list(answer["runs"])) {
      const tags = Object.fromEntries(list(object(run["data"])["tags"]).map((tag) => [String(tag["key"]), String(tag["value"])]));
      const mine = tags[idTag];
      if (mine === undefined) continue;
      runs.set(mine, String(object(run["info"])["run_id"]));
      if (tags[exportedTag] !== undefined) whole.set(mine, tags[exportedTag]);
    }
    token = answer["next_page_token"] === undefined ? undefined : String(answer["next_page_token"]);
    if (token === undefined || token === "") return whole;
  }
}

/** Everything of a run but its end and its deletion; said twice, it is there once. */
export async function exportRun(target: Target, experimentId: string, { run, curves, artifacts }: HeldRun): Promise<void> {
  const { client, runs, task } = target;
  const parent = run.tags["mlflow.parentRunId"];
  const { [importedFrom]: _, ...own } = run.tags;
  const tags = { ...own, ...(parent !== undefined && { "mlflow.parentRunId": runs.get(parent) ?? parent }), [idTag]: run.id };
  for (const [key, value] of Object.entries(tags))
    if (value.length > longestTag) task.tally.leave("ends of long tags", `the server keeps ${longestTag} characters of ${key}`);
  let id = runs.get(run.id);
  if (id === undefined) {
    const made = await client.post(`${api}/runs/create`, {
      experiment_id: experimentId,
      user_id: run.by,
      run_name: run.name,
      start_time: run.startedMs,
      tags: pairsOf({
        ...(own["mlflow.runName"] !== undefined && { "mlflow.runName": run.name }),
        ...(tags["mlflow.parentRunId"] !== undefined && { "mlflow.parentRunId": tags["mlflow.parentRunId"] }),
        [idTag]: run.id,
      }),
    });
    id = String(object(object(made["run"])["info"])["run_id"]);
    runs.set(run.id, id);
  }
  for (const some of parts(pairsOf(run.params), textsAtOnce)) await client.post(`${api}/runs/log-batch`, { run_id: id, params: some });
  for (const some of parts(pairsOf(tags), textsAtOnce)) await client.post(`${api}/runs/log-batch`, { run_id: id, tags: some });
  let points = 0;
  for (const [key, curve] of await curves())
    for (let from = 0; from < curve.step.length; from += metricsAtOnce) {
      const some = slicePoints(curve, from, from + metricsAtOnce);
      const metrics = Array.from(some.step, (step, i) => ({
        key,
        step,
        timestamp: some.timeMs[i] ?? 0,
        value: wireValue(some.value[i] ?? 0),
      }));
      await client.post(`${api}/runs/log-batch`, { run_id: id, metrics });
      points += metrics.length;
    }
  if (run.datasets.length > 0) await client.post(`${api}/runs/log-inputs`, { run_id: id, datasets: run.datasets.map(datasetOf) });
  task.tally.add("taken", "metric points", points);
  await exportFiles(target, await artifactUriOf(client, id), artifacts, `runs`);
}

const wireValue = (value: number): number | string =>
  Number.isFinite(value) ? value : Number.isNaN(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity";

const datasetOf = ({ dataset, tags }: FullRun["datasets"][number]): object => ({
  tags,
  dataset: {
    name: dataset.name,
    digest: dataset.digest,
    source_type: dataset.sourceType,
    source: dataset.source,
    ...(dataset.schema !== null && { schema: dataset.schema }),
    ...(dataset.profile !== null && { profile: dataset.profile }),
  },
});

const artifactUriOf = async (client: Client, id: string): Promise<string> =>
  String(object(object((await client.get(`${api}/runs/get?run_id=${id}`))["run"])["info"])["artifact_uri"]);

/** Links to models, the end, and last of all the tag that says that everything is there. */
export async function finishRun({ client, runs, models }: Target, { run, digest }: HeldRun): Promise<void> {
  const id = runs.get(run.id) ?? "";
  const known = run.models.filter((one) => models.has(one.modelId));
  const made = known.filter((one) => one.direction === "outputs").map((one) => ({ model_id: models.get(one.modelId), step: one.step }));
  const read = known.filter((one) => one.direction === "inputs").map((one) => ({ model_id: models.get(one.modelId) }));
  if (made.length > 0) await client.post(`${api}/runs/outputs`, { run_id: id, models: made });
  if (read.length > 0) await client.post(`${api}/runs/log-inputs`, { run_id: id, models: read });
  await client.post(`${api}/runs/set-tag`, { run_id: id, key: exportedTag, value: digest });
  await client.post(`${api}/runs/update`, { run_id: id, status: run.status, ...(run.endedMs !== null && { end_time: run.endedMs }) });
  if (run.lifecycle === "deleted") await client.post(`${api}/runs/delete`, { run_id: id });
}
