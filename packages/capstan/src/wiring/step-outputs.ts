import type { OutputOf } from "@capstan/contract";
import type { pipelineOperations } from "@capstan/contract/operations/pipeline";
import type { TrackingService } from "../build/tracking/service.ts";
import type { ModelVersion } from "../build/registry/model.ts";

export type ShowRun = (project: string, run: string) => Promise<OutputOf<(typeof pipelineOperations)["pipeline.show"]>>;
export type MadeOutput = { ref: string; digest: string; path: string };

export type StepOutputs = ReturnType<typeof createStepOutputs>;

/** What steps made: in a given pipeline run, in the one that a model version comes from, or in the newest plain one. */
export function createStepOutputs(deps: { show: ShowRun; tracking: TrackingService }) {
  const ofRun = async (project: string, run: string): Promise<Map<string, MadeOutput>> => {
    const shown = await deps.show(project, run);
    const made = new Map<string, MadeOutput>();
    for (const step of shown.steps)
      for (const output of step.outputs)
        if (output.digest !== null)
          made.set(`step:${step.step}.${output.name}`, {
            ref: `step:${step.step}.${output.name}`,
            digest: output.digest,
            path: output.path,
          });
    return made;
  };
  const pipelineRunOf = async (version: ModelVersion): Promise<string | null> => {
    if (version.runId === null) return null;
    const run = await deps.tracking.findRun(version.runId);
    return run?.parentId ?? null;
  };
  return {
    ofRun,
    pipelineRunOf,
    async ofVersion(version: ModelVersion): Promise<Map<string, MadeOutput>> {
      const run = await pipelineRunOf(version);
      return run === null ? new Map<string, MadeOutput>() : ofRun(version.project, run);
    },
    latest: (project: string) => ofRun(project, "latest"),
  };
}
