import { CapstanError } from "../../../base/foundation/errors.ts";
import type { Artifact, FullRun, KeyedPoint } from "../../tracking/model.ts";
import type { Points } from "../../tracking/points.ts";
import type { RunChange } from "../../tracking/run-change.ts";
import type { SourceFile, SourceRun } from "../model.ts";
import { importedFrom } from "../rules.ts";
import { keepFiles } from "./artifacts.ts";
import type { ImportTask } from "./task.ts";

const pointKey = (step: number, timeMs: number, value: number): string => `${step} ${timeMs} ${value}`;

/** Points of the source that are not here. */
function newPoints(theirs: ReadonlyMap<string, Points>, ours: ReadonlyMap<string, Points>): KeyedPoint[] {
  const found: KeyedPoint[] = [];
  for (const [key, { step, timeMs, value }] of theirs) {
    const mine = ours.get(key);
    const known = new Set<string>();
    if (mine) for (let i = 0; i < mine.step.length; i++) known.add(pointKey(mine.step[i] ?? 0, mine.timeMs[i] ?? 0, mine.value[i] ?? 0));
    for (let i = 0; i < step.length; i++) {
      const point = { step: step[i] ?? 0, timeMs: timeMs[i] ?? 0, value: value[i] ?? 0 };
      if (!known.has(pointKey(point.step, point.timeMs, point.value))) found.push({ key, ...point });
    }
  }
  return found;
}

/** A run that went on at its source, and that nobody changed here: one change brings it to what the source says now. */
export async function bringRunUpToDate(
  task: ImportTask,
  mine: FullRun,
  curves: ReadonlyMap<string, Points>,
  artifacts: readonly Artifact[],
  now: SourceRun,
  files: readonly SourceFile[],
): Promise<void> {
  for (const [key, old] of Object.entries(mine.params)) {
    const value = now.params[key];
    if (value !== old) throw new CapstanError("CAP-TRACK-001", { run: mine.id, key, old, new: value ?? "nothing" });
  }
  if (now.experimentId !== mine.experimentId) await task.tracking.moveRuns([mine.id], now.experimentId, await task.writer());
  const sizes = new Map(artifacts.map((one) => [one.path, one.sizeBytes]));
  const kept = await keepFiles(
    files.filter((one) => sizes.get(one.path) !== one.sizeBytes),
    task.store.blobs,
    task.signal,
  );
  const paths = new Set(files.map((one) => one.path));
  const gone = artifacts.filter((one) => !paths.has(one.path)).map((one) => one.path);
  const removeTags = Object.keys(mine.tags).filter((key) => key !== importedFrom && now.tags[key] === undefined);
  const metrics = newPoints(now.curves, curves);
  const change: RunChange = {
    run: { name: now.name, status: now.status, endedMs: now.endedMs, lifecycle: now.lifecycle },
    params: now.params,
    tags: now.tags,
    ...(removeTags.length > 0 && { removeTags }),
    ...(metrics.length > 0 && { metrics }),
    ...(kept.length > 0 && { artifacts: kept }),
    ...(gone.length > 0 && { removeArtifacts: gone }),
    ...(now.datasets.length > 0 && { datasets: { experimentId: mine.experimentId, inputs: now.datasets } }),
    ...(now.models.length > 0 && { models: now.models }),
  };
  await task.tracking.changeImported(mine.id, change, await task.writer());
}
