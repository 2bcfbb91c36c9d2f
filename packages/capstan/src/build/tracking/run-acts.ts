import type { runActOperations } from "@capstan/contract/operations/run-acts";
import type { Caller, Handlers } from "../../base/foundation/caller.ts";
import { CapstanError } from "../../base/foundation/errors.ts";
import type { Experiment } from "./model.ts";
import type { TrackingService } from "./service.ts";

/** Acts on several runs, and on experiments as a whole. Nothing is done before every run was found in the project. */
export const runActHandlers = (service: TrackingService): Handlers<typeof runActOperations> => {
  async function getExperiment(project: string, text: string): Promise<Experiment> {
    const byId = await service.experiments.find(text);
    const found = byId?.project === project ? byId : await service.experiments.findByName(project, text);
    if (!found) throw new CapstanError("CAP-NOT-FOUND-001", { noun: "experiment", name: text });
    return found;
  }
  async function getRuns(project: string, ids: readonly string[]) {
    const found = await service.runsById(ids);
    return [...new Set(ids)].map((id) => {
      const run = found.get(id);
      if (run?.project !== project) throw new CapstanError("CAP-NOT-FOUND-001", { noun: "run", name: id });
      return run;
    });
  }
  async function change(project: string, text: string, lifecycle: "active" | "deleted", caller: Caller) {
    const { id } = await getExperiment(project, text);
    await service.experiments.change(id, { lifecycle }, caller);
    return { experiment: id };
  }

  return {
    "runs.move": async ({ project, runs, experiment }, caller) => {
      const { id } = await getExperiment(project, experiment);
      const moving = (await getRuns(project, runs)).filter((run) => run.experimentId !== id).map((run) => run.id);
      await service.moveRuns(moving, id, caller);
      return { runs: moving, experiment: id };
    },
    "runs.tags": async ({ project, runs, set, remove }, caller) => {
      const changed: string[] = [];
      for (const run of await getRuns(project, runs)) {
        const gone = remove.filter((key) => run.tags[key] !== undefined);
        const said = Object.fromEntries(Object.entries(set).filter(([key, value]) => run.tags[key] !== value));
        if (gone.length === 0 && Object.keys(said).length === 0) continue;
        if (Object.keys(said).length > 0) await service.setTags(run.id, said, caller);
        for (const key of gone) await service.removeTag(run.id, key, caller);
        changed.push(run.id);
      }
      return { runs: changed };
    },
    "runs.erase": ({ project, runs, plan }, caller) => service.eraseRuns(project, runs, caller, plan),
    "experiments.delete": ({ project, experiment }, caller) => change(project, experiment, "deleted", caller),
    "experiments.restore": ({ project, experiment }, caller) => change(project, experiment, "active", caller),
    "experiments.erase": async ({ project, experiment, plan }, caller) => {
      const one = await getExperiment(project, experiment);
      const { runs, ...rest } = await service.eraseExperiment(one, caller, plan);
      return { experiment: one.id, runs: runs.length, ...rest };
    },
  };
};
