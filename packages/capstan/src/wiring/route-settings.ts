import type { RouteConfig } from "@capstan/contract/config";
import type { Fallback, RouteSettings } from "../ship/serving/model.ts";

/** A route of capstan.yaml as the gateway keeps it. Without a timeout an answer may take a second. */
export const routeSettings = (project: string, route: string, config: RouteConfig): RouteSettings => ({
  project,
  route,
  model: config.model,
  key: config.key ?? null,
  log: config.log ?? "fast",
  answerWithinMs: config.timeout ?? 1000,
  fallback: [config.fallback ?? "previous"]
    .flat()
    .map((one): Fallback => (typeof one === "string" ? "previous" : { constant: Number(one.constant) })),
});
