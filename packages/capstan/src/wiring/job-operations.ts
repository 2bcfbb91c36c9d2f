import type { jobOperations } from "@capstan/contract/operations/jobs";
import type { Handlers } from "../base/foundation/caller.ts";
import { toTime } from "../base/foundation/clock.ts";
import type { Jobs } from "../base/storage/jobs.ts";

export const jobHandlers = (jobs: Jobs): Handlers<typeof jobOperations> => ({
  "jobs.list": async ({ project, limit }) => ({
    jobs: (await jobs.list(project, limit)).map((job) => ({
      id: job.id,
      kind: job.kind,
      state: job.state,
      due: toTime(job.dueMs),
      attempts: job.attempts,
      because: job.because,
      payload: job.payload,
      result: job.result,
      error: job.error,
      created: toTime(job.createdMs),
    })),
  }),
  "jobs.cancel": async ({ job }) => ({ job, cancelled: await jobs.cancel(job) }),
  "jobs.run": async () => ({ ran: await jobs.runDue() }),
});
