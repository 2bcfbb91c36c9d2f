import type { ProjectConfig } from "@capstan/contract/config";
import type { ReleasePlan } from "@capstan/contract/operations/release";

const shares = [0.1];
const eachStage = { seconds: 600, rows: 200 };
const alpha = 0.001;

/** How a route is moved unless someone says otherwise: as capstan.yaml declares it, and where it says nothing as every route is. */
export function releasePlan(config: ProjectConfig | undefined, route: string, model?: string): ReleasePlan {
  const declared = config?.routes?.[route];
  const { release = {}, guard = {} } = declared ?? {};
  const threshold = config?.models?.[declared?.model ?? model ?? ""]?.threshold;
  return {
    route,
    declared: declared?.release !== undefined || declared?.guard !== undefined,
    strategy: release.strategy === "direct" ? "direct" : "canary",
    shadow: release.shadow ?? true,
    steps: release.steps?.filter((share) => share < 1) ?? shares,
    each: release.each
      ? { seconds: (release.each.time ?? 1000 * eachStage.seconds) / 1000, rows: release.each.rows ?? eachStage.rows }
      : eachStage,
    guard: {
      alpha,
      ...(guard.latency_p95 !== undefined && { latencyP95: guard.latency_p95 / 1000 }),
      ...(guard.score_mean !== undefined && { scoreMean: guard.score_mean }),
    },
    threshold: threshold ?? null,
  };
}
