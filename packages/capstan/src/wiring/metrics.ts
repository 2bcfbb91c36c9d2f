import { collectDefaultMetrics, Gauge, Registry } from "prom-client";
import type { RecordService } from "../base/record/service.ts";
import type { ServingService } from "../ship/serving/service.ts";

/** Prometheus' text of what this process does now: Node's own figures, the ledger's size, requests, rows and failures by route and arm. */
export function createMetricsPage(deps: {
  record: RecordService;
  serving: ServingService;
  projects(): Promise<readonly { name: string }[]>;
}): () => Promise<string> {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const entries = new Gauge({ name: "capstan_ledger_entries", help: "Entries acknowledged", registers: [registry] });
  const labels = ["project", "route", "arm", "version"] as const;
  const requests = new Gauge({
    name: "capstan_route_requests",
    help: "Requests answered since the arm was opened",
    labelNames: labels,
    registers: [registry],
  });
  const rows = new Gauge({
    name: "capstan_route_rows",
    help: "Rows answered since the arm was opened",
    labelNames: labels,
    registers: [registry],
  });
  const failures = new Gauge({
    name: "capstan_route_failures",
    help: "Requests that the arm failed",
    labelNames: labels,
    registers: [registry],
  });
  return async () => {
    entries.set(deps.record.head().size);
    for (const { name: project } of await deps.projects()) {
      for (const route of deps.serving.routes(project)) {
        for (const arm of [route.live, route.canary, route.shadow]) {
          if (!arm) continue;
          const at = { project, route: route.settings.route, arm: arm.spec.arm, version: `v${arm.spec.number}` };
          requests.set(at, arm.counts.requests);
          rows.set(at, arm.counts.rows);
          failures.set(at, arm.counts.failures);
        }
      }
    }
    return registry.metrics();
  };
}
