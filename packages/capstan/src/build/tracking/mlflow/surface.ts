import type { Caller } from "../../../base/foundation/caller.ts";
import type { Store } from "../../../base/record/store.ts";
import type { ExperimentPlace } from "../experiments.ts";
import type { Experiment, FullRun } from "../model.ts";
import type { TrackingService } from "../service.ts";
import type { VersionPlace } from "./artifact-places.ts";
import { missing } from "./failures.ts";
import { artifactRootOf, artifactUriOf, runMessage } from "./messages.ts";

export type SurfaceOptions = {
  tracking: TrackingService;
  store: Store;
  /** The project where callers without a narrower one find and make experiments by name. */
  home: string;
  /** Where new experiments keep their artifacts; `mlflow-artifacts:/` is this server. */
  artifactRoot?: string;
  /** Where a relative artifact location begins. */
  folder?: string;
  /** Files of model versions that were registered here, which the registry brings. */
  versionPlace?: VersionPlace;
  /** A folder that gets a plain copy of every artifact that comes in. */
  artifactsDestination?: string;
};

/** What a caller sees of the store through MLflow's protocol, which has no word for projects. */
export function createSurface({
  tracking,
  store,
  home,
  artifactRoot = "mlflow-artifacts:/",
  folder = "/",
  artifactsDestination,
  versionPlace,
}: SurfaceOptions) {
  const sees = (caller: Caller, project: string): boolean => !caller.projects || caller.projects.includes(project);
  return {
    tracking,
    store,
    files: tracking.files,
    sees,
    artifactRoot,
    folder,
    artifactsDestination,
    versionPlace,
    /** The run whose step holds the caller's token. */
    async attemptRun(caller: Caller): Promise<FullRun | undefined> {
      return caller.attemptRun === undefined ? undefined : tracking.findRun(caller.attemptRun);
    },
    async project(caller: Caller): Promise<string> {
      if (caller.attemptRun !== undefined) return tracking.projectOf(caller.attemptRun);
      if (caller.projects && !caller.projects.includes(home)) return caller.projects[0] ?? home;
      return home;
    },
    async experiment(caller: Caller, id: string): Promise<Experiment> {
      const found = await tracking.experiments.find(id);
      if (!found || !sees(caller, found.project)) throw missing("experiment", id);
      return found;
    },
    /** Where its runs belong; costs nothing the second time. */
    async experimentPlace(caller: Caller, id: string): Promise<ExperimentPlace> {
      const found = await tracking.experiments.place(id);
      if (!found || !sees(caller, found.project)) throw missing("experiment", id);
      return found;
    },
    /** Fails unless the caller may see the run. */
    async mustSee(caller: Caller, runId: string): Promise<void> {
      if (!sees(caller, await tracking.projectOf(runId))) throw missing("run", runId);
    },
    async run(caller: Caller, runId: string): Promise<FullRun> {
      const found = await tracking.findRun(runId);
      if (!found || !sees(caller, found.project)) throw missing("run", runId);
      return found;
    },
    /** What a run or experiment without its own place is told. */
    locationOf: (experiment: Experiment): string => experiment.artifactLocation ?? artifactRootOf(artifactRoot, experiment.id),
    /** Runs as the protocol shows them; those of a deleted experiment as deleted. */
    async shown(runs: readonly FullRun[], withModelInputs: boolean): Promise<object[]> {
      const experiments = await tracking.experiments.byId(runs.map((run) => run.experimentId));
      return runs.map((run) => {
        const experiment = experiments.get(run.experimentId);
        const visible = experiment?.lifecycle === "deleted" ? { ...run, lifecycle: "deleted" as const } : run;
        return runMessage(visible, artifactUriOf(run, experiment?.artifactLocation ?? null, artifactRoot), withModelInputs);
      });
    },
    async artifactUri(run: FullRun): Promise<string> {
      return artifactUriOf(run, (await tracking.experiments.find(run.experimentId))?.artifactLocation ?? null, artifactRoot);
    },
  };
}
export type Surface = ReturnType<typeof createSurface>;
