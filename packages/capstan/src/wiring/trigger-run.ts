import type { AccessService } from "../base/access/service.ts";
import { CapstanError } from "../base/foundation/errors.ts";
import type { JobHandler } from "../base/storage/jobs.ts";
import type { SuiteSource } from "../build/checks/operations.ts";
import type { ChecksService } from "../build/checks/model.ts";
import type { ProjectFile } from "../build/pipeline/config/project-file.ts";
import type { PipelineService } from "../build/pipeline/service.ts";
import type { RegistryService } from "../build/registry/model.ts";

/** `cause` says in words what it is because of, where it is no incident. */
export type TriggerPayload = { trigger: string; incident?: string; cause?: string; set: readonly string[] };
export type TriggerRunDeps = {
  projectFile(): Promise<ProjectFile>;
  access: AccessService;
  pipeline: PipelineService;
  registry: RegistryService;
  checks: ChecksService;
  suites: SuiteSource;
};

/**
 * A trigger's work: the same pipeline as always with the values that the trigger sets, the model's own suites, and a dossier that waits for its review.
 * Every entry on the way names the alert as its cause. A second run of the same job finds everything in the cache and ends in the same version.
 */
export const createTriggerRun =
  (deps: TriggerRunDeps): JobHandler =>
  async (job) => {
    const declared = async (trigger: string) => (await deps.projectFile()).config.triggers?.[trigger];
    const { trigger, incident, cause = incident ?? "somebody asked", set } = job.payload as TriggerPayload;
    const because = job.because ?? undefined;
    const caller = deps.access.system("pipeline", because);
    const { run, offered: offers } = await deps.pipeline.runOrReuse(
      {
        project: job.project,
        set,
        message: `trigger ${trigger} because of ${cause}`,
        steps: [(await declared(trigger))?.run ?? []].flat(),
        ...(because !== undefined && { because }),
      },
      caller,
    );
    // Left by a host that is ending: the next one does this job again, and finds there what was finished here.
    if (run?.state === "running") throw new CapstanError("CAP-RUN-015", { number: run.number });
    if (run?.error) throw new CapstanError("CAP-INTERNAL-001", { what: `${run.error.code} ${run.error.message}` });
    const offered = offers.find((one) => one.version !== null);
    if (!offered || offered.version === null)
      return { run: run?.id ?? null, version: null, metrics: {}, because: because ?? null, created: false };
    const version = await deps.registry.get(job.project, offered.model, `v${offered.version}`);
    const { config } = await deps.projectFile();
    for (const [suite, one] of Object.entries(config.checks ?? {})) {
      if (String(one.for).replace(/@.*$/, "") !== `model:${version.model}`) continue;
      await deps.checks.run(
        {
          ...(await deps.suites.suite(job.project, suite, version.number)),
          project: job.project,
          suite,
          ...(because !== undefined && { because }),
        },
        caller,
      );
    }
    return { run: run?.id ?? null, version: version.number, metrics: { ...version.metrics }, because: because ?? null, created: true };
  };
