import type { ModelSink } from "../build/pipeline/seams.ts";
import { type RegistryService, versionName } from "../build/registry/model.ts";
import type { TrackingService } from "../build/tracking/service.ts";

/** A pipeline's model registers itself: the same bytes are the same version. */
export const createModelSink = (deps: { registry: RegistryService; tracking: TrackingService }): ModelSink => ({
  async offer(ask, caller) {
    if (ask.config.register === "manual") return { version: null, text: `${ask.model}: register it by hand with capstan register` };
    const metrics = Object.fromEntries(
      (await deps.tracking.latestMetrics(ask.step.run)).filter((one) => Number.isFinite(one.value)).map((one) => [one.key, one.value]),
    );
    const { version, created } = await deps.registry.register(
      {
        project: ask.project,
        model: ask.model,
        digest: ask.output.digest,
        runId: ask.step.run,
        step: ask.step.name,
        params: ask.params,
        metrics,
        features: ask.step.key,
        thresholds: ask.config.threshold === undefined ? {} : { decision: ask.config.threshold },
        ...(ask.because !== undefined && { because: ask.because }),
      },
      caller,
    );
    return {
      version: version.number,
      text: created
        ? `${ask.model} ${versionName(version.number)} registered`
        : `these bytes are ${ask.model} ${versionName(version.number)}`,
    };
  },
});
