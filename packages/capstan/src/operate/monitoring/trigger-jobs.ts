import type { Json } from "../../base/foundation/canonical-json.ts";
import { toTime } from "../../base/foundation/clock.ts";
import type { EvaluationDeps } from "./evaluation-deps.ts";
import type { TriggerRequest } from "./model.ts";
import { findJob, listRequests, markAsked } from "./store.ts";

export type Triggered = TriggerRequest & { readonly job: string };

export const jobOf = (request: TriggerRequest) => ({
  project: request.project,
  kind: "trigger.run",
  because: request.alertEntry,
  key: request.jobKey,
  payload: {
    trigger: request.trigger,
    incident: request.incident,
    alertEntry: request.alertEntry,
    set: request.set,
    dueAt: toTime(request.dueMs),
  } as Json,
});

/** Requests whose event time has come become jobs; all that were asked for are returned. */
export async function askWhatIsDue(deps: EvaluationDeps, project: string, untilMs: number): Promise<Triggered[]> {
  const { database } = deps.store;
  const triggered: Triggered[] = [];
  for (const request of await listRequests(database, project)) {
    if (!request.asked) {
      if (request.dueMs > untilMs) continue;
      await database.commit([deps.jobs.enqueue(jobOf(request)), ...markAsked(request)]);
    }
    const job = await findJob(database, request.jobKey);
    if (job !== undefined) triggered.push({ ...request, asked: true, job });
  }
  return triggered;
}
