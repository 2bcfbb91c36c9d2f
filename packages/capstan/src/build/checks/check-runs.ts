import type { TrackingService } from "../tracking/service.ts";
import type { CheckRuns } from "./model.ts";

/** Keeps the runs of suites in tracking, in one experiment per project, apart from what people look at first. */
export const trackedCheckRuns = (tracking: TrackingService): CheckRuns => ({
  async begin(run, caller) {
    const experimentId = await tracking.ensureExperiment(run.project, "checks", caller);
    const { id } = await tracking.createRun(
      {
        project: run.project,
        experimentId,
        kind: "check",
        name: run.suite,
        startedMs: run.startedMs,
        params: { suite: run.suite, subject: run.subject },
        ...(run.because !== undefined && { because: run.because }),
        ...(caller.attemptRun !== undefined && { parentId: caller.attemptRun }),
      },
      caller,
    );
    return id;
  },
  async end(runId, end, caller) {
    await tracking.logBatch(
      runId,
      { metrics: Object.entries(end.metrics).map(([key, value]) => ({ key, value, step: 0, timeMs: end.endedMs })) },
      caller,
    );
    if (end.inputs.length > 0) await tracking.addLinks(runId, { inputs: end.inputs }, caller);
    const resources = { wallSeconds: end.wallSeconds, cpuSeconds: null, gpuSeconds: null, peakBytes: null, waitSeconds: null };
    await tracking.endRun(runId, { status: "FINISHED", verdict: end.verdict, resources, endedMs: end.endedMs }, caller);
  },
});
