import type { InputOf } from "@capstan/contract";
import type { releaseOperations } from "@capstan/contract/operations/release";
import { CapstanError } from "../../base/foundation/errors.ts";
import { releasePlan } from "../../ship/release/plan.ts";
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
  const [name] =
    routes.find(([one]) => one === wanted.route) ?? (wanted.route === undefined && routes.length === 1 ? (routes[0] ?? []) : []);
  if (name === undefined)
    throw new CapstanError("CAP-USAGE-001", {
      problem:
        routes.length === 0
          ? `capstan.yaml has no route for model ${wanted.model}`
          : `which route? ${routes.map(([one]) => one).join(", ")}`,
      verb: "release",
    });
  const { declared: _, route: __, threshold, ...plan } = releasePlan(config, name, wanted.model);
  return {
    ...plan,
    project: wanted.project,
    route: name,
    model: wanted.model,
    version: wanted.version,
    ...(threshold !== null && { threshold }),
  };
}
