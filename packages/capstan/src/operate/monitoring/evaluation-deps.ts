import type { Jobs } from "../../base/storage/jobs.ts";
import type { IncidentGrouping } from "./model.ts";
import type { Watching, WatchingDeps } from "./watching.ts";

export type EvaluationDeps = WatchingDeps & { watching: Watching; incidents: IncidentGrouping; jobs: Pick<Jobs, "enqueue"> };
