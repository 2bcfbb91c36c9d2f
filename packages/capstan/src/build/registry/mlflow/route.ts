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

/** Above it, what belongs to all models is read at once instead of by name. */
const namesAtOnce = 500;

/** Tags and aliases of these models, in a few reads however many there are. */
export async function besideOf({ registry }: RegistrySurface, project: string, models: readonly string[]): Promise<Beside> {
  const [only, ...others] = models;
  const one = others.length === 0 ? only : undefined;
  const named = models.length <= namesAtOnce ? models : undefined;
  const [tags, versionTags, aliases, live] = await Promise.all([
    registry.catalogue.tags(project, named),
    registry.catalogue.versionTags(project, named),
    registry.aliases(project, one),
    registry.live(project, one),
  ]);
  return { tags, versionTags, aliases, live };
}
