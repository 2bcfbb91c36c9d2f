import type { Capability } from "@capstan/contract";
import type { WireRequest, WireRoute } from "../../tracking/mlflow/model.ts";
import { registryFailure } from "./failures.ts";
import type { Beside } from "./messages.ts";
import type { RegistrySurface } from "./model.ts";

export type Answer = (request: WireRequest) => Promise<object>;
/** Method, path below `/mlflow/`, what one must be allowed, and the answer. */
export type Described = readonly [method: WireRoute["method"], path: string, capability: Capability, answer: Answer];

export const routed = ([method, path, capability, answer]: Described): WireRoute => ({
  method,
  path: `/mlflow/${path}`,
  capability,
  takes: "message",
  async handle(request) {
    try {
      return { status: 200, json: await answer(request) };
    } catch (thrown) {
      throw registryFailure(thrown);
    }
  },
});

/** Tags and aliases of a project's models, or of one. */
export async function besideOf({ registry }: RegistrySurface, project: string, model?: string): Promise<Beside> {
  const [tags, versionTags, aliases, live] = await Promise.all([
    registry.catalogue.tags(project, model),
    registry.catalogue.versionTags(project, model),
    registry.aliases(project, model),
    registry.live(project, model),
  ]);
  return { tags, versionTags, aliases, live };
}
