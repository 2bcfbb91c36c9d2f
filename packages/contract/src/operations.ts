import { accessOperations } from "./operations/access.ts";
import { checksOperations } from "./operations/checks.ts";
import { commandOperations } from "./operations/commands.ts";
import { dataOperations } from "./operations/data.ts";
import { exchangeOperations } from "./operations/exchange.ts";
import { governanceOperations } from "./operations/governance.ts";
import { incidentsOperations } from "./operations/incidents.ts";
import { insightsOperations } from "./operations/insights.ts";
import { jobOperations } from "./operations/jobs.ts";
import { monitoringOperations } from "./operations/monitoring.ts";
import { pipelineOperations } from "./operations/pipeline.ts";
import { purposeOperations } from "./operations/purpose.ts";
import { recordOperations } from "./operations/record.ts";
import { registryOperations } from "./operations/registry.ts";
import { releaseOperations } from "./operations/release.ts";
import { runActOperations } from "./operations/run-acts.ts";
import { runTableOperations } from "./operations/run-table.ts";
import { servingOperations } from "./operations/serving.ts";
import { stationOperations } from "./operations/stations.ts";
import { traceOperations } from "./operations/traces.ts";
import { trackingOperations } from "./operations/tracking.ts";
import { viewOperations } from "./operations/views.ts";

/** The one table of operations: what UI, CLI and SDK can do, and nothing else. */
export const operations = {
  ...accessOperations,
  ...recordOperations,
  ...dataOperations,
  ...purposeOperations,
  ...trackingOperations,
  ...runTableOperations,
  ...runActOperations,
  ...traceOperations,
  ...viewOperations,
  ...checksOperations,
  ...pipelineOperations,
  ...commandOperations,
  ...registryOperations,
  ...exchangeOperations,
  ...governanceOperations,
  ...servingOperations,
  ...releaseOperations,
  ...monitoringOperations,
  ...incidentsOperations,
  ...insightsOperations,
  ...stationOperations,
  ...jobOperations,
};
export type Operations = typeof operations;
export type OperationName = keyof Operations;
