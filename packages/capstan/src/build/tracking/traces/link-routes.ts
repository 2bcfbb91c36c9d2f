import { messages, requiredText, text, texts } from "../mlflow/fields.ts";
import { invalid } from "../mlflow/failures.ts";
import type { WireRoute } from "../mlflow/model.ts";
import type { Surface } from "../mlflow/surface.ts";
import { type Found, type Route, traceId } from "./route.ts";
import type { Traces } from "./service.ts";

/** What traces have to do with runs and prompts. */
export function linkRoutes(route: Route, surface: Surface, traces: Traces, found: Found): WireRoute[] {
  return [
    ...route(2, "POST", "traces/link-to-run", "log", async ({ input, caller }) => {
      const ids = texts(input, "trace_ids").map(traceId);
      if (ids.length > 100) throw invalid(`Cannot link more than 100 traces to a run in a single request. Provided ${ids.length} traces.`);
      const run = await surface.run(caller, requiredText(input, "run_id"));
      if (ids.length > 0) await traces.linkToRun(run.project, run.id, ids);
      return {};
    }),
    ...route(2, "POST", "traces/link-prompts", "log", async ({ input, caller }) => {
      const trace = await found(caller, traceId(text(input, "trace_id")));
      const linked = new Map<string, { name: string; version: string }>();
      const known: unknown = JSON.parse(trace.tags["mlflow.linkedPrompts"] ?? "[]");
      for (const one of [
        ...(Array.isArray(known) ? (known as { name: string; version: string }[]) : []),
        ...messages(input, "prompt_versions"),
      ]) {
        const prompt = { name: requiredText(one, "name"), version: requiredText(one, "version") };
        linked.set(`${prompt.name}/${prompt.version}`, prompt);
      }
      const list = [...linked.values()].map((one) => `{"name": ${JSON.stringify(one.name)}, "version": ${JSON.stringify(one.version)}}`);
      await traces.setTags(trace.id, { "mlflow.linkedPrompts": `[${list.join(", ")}]` });
      return {};
    }),
  ];
}
