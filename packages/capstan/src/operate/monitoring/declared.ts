import { declaredData, type MonitorConfig, parseReference, type ProjectConfig, type RouteConfig } from "@capstan/contract/config";
import { digestOfJson } from "../../base/foundation/hashing.ts";
import type { Json } from "../../base/foundation/canonical-json.ts";
import type { Monitor, ReferenceColumns } from "./model.ts";

/** Monitors of a project's configuration whose route it declares, with what they take from other parts of it. */
export function monitorsOf(project: string, config: ProjectConfig): Monitor[] {
  return Object.entries(config.monitors ?? {}).flatMap(([name, monitor]) => {
    const found = routeOf(config, monitor.for);
    const against = monitor.against;
    if (!found || against === undefined) return [];
    const [route, declared] = found;
    return [
      {
        project,
        name,
        route,
        model: declared.model,
        config: monitor,
        windowMs: monitor.window,
        labelDelayMs: declared.labels?.delay ?? null,
        against,
        columns: columnsOf(config, declared.model),
      },
    ];
  });
}

function routeOf(config: ProjectConfig, subject: string): [string, RouteConfig] | undefined {
  const reference = parseReference(subject);
  return Object.entries(config.routes ?? {}).find(([name, route]) =>
    reference?.kind === "route" ? name === reference.name : reference?.kind === "model" && route.model === reference.name,
  );
}

/** Truth and score are named where the model is tested, time where its worth or its data are described. */
function columnsOf(config: ProjectConfig, model: string): ReferenceColumns {
  const suite = Object.values(config.checks ?? {}).find((one) => one.for === `model:${model}` && one.truth !== undefined);
  const time =
    config.purpose?.time ??
    Object.values(config.data ?? {})
      .map(declaredData)
      .find((one) => one.time !== undefined)?.time;
  return { time: time ?? "time", label: suite?.truth ?? "label", score: suite?.score ?? "score" };
}

export const settingsOf = (monitor: Monitor): Json => ({
  config: monitor.config as unknown as Json,
  route: monitor.route,
  model: monitor.model,
  windowMs: monitor.windowMs,
  labelDelayMs: monitor.labelDelayMs,
  against: monitor.against,
  columns: monitor.columns,
});
export const settingsDigest = (monitor: Monitor): string => digestOfJson(settingsOf(monitor));

/** A monitor as it was last declared, for stores whose project folder is not at hand. */
export function monitorFrom(stored: { project: string; name: string; settings: string }): Monitor {
  const settings = JSON.parse(stored.settings) as Omit<Monitor, "project" | "name"> & { config: MonitorConfig };
  return { ...settings, project: stored.project, name: stored.name };
}
