import type { InputOf } from "@capstan/contract";
import type { releaseOperations } from "@capstan/contract/operations/release";
import { CapstanError } from "../../base/foundation/errors.ts";
import { soundProjectFile } from "../../build/pipeline/config/read-project-file.ts";

/** What capstan.yaml says of a route's releases, as the input of `releases.start`. */
export async function releaseInput(wanted: {
  folder: string;
  project: string;
  model: string;
  version: string;
  route?: string | undefined;
}): Promise<InputOf<(typeof releaseOperations)["releases.start"]>> {
  const { config } = soundProjectFile({ folder: wanted.folder });
  const routes = Object.entries(config.routes ?? {}).filter(([, one]) => one.model === wanted.model);
  const [name, route] =
    routes.find(([one]) => one === wanted.route) ?? (wanted.route === undefined && routes.length === 1 ? (routes[0] ?? []) : []);
  if (name === undefined || route === undefined)
    throw new CapstanError("CAP-USAGE-001", {
      problem:
        routes.length === 0
          ? `capstan.yaml has no route for model ${wanted.model}`
          : `which route? ${routes.map(([one]) => one).join(", ")}`,
      verb: "release",
    });
  const { release = {}, guard = {} } = route;
  return {
    project: wanted.project,
    route: name,
    model: wanted.model,
    version: wanted.version,
    strategy: release.strategy === "direct" ? "direct" : "canary",
    shadow: release.shadow ?? true,
    ...(release.steps && { steps: release.steps.filter((share) => share < 1) }),
    ...(release.each && { each: { seconds: (release.each.time ?? 600_000) / 1000, rows: release.each.rows ?? 200 } }),
    guard: {
      alpha: 0.001,
      ...(guard.latency_p95 !== undefined && { latencyP95: guard.latency_p95 / 1000 }),
      ...(guard.score_mean !== undefined && { scoreMean: guard.score_mean }),
    },
    ...(config.models?.[wanted.model]?.threshold !== undefined && { threshold: config.models[wanted.model]?.threshold }),
  };
}
