import { z } from "zod";
import { operation } from "../operation.ts";
import { project, time } from "../shapes.ts";

export const jobShape = z.object({
  id: z.string(),
  kind: z.string(),
  state: z.enum(["waiting", "running", "done", "failed", "cancelled"]),
  due: time,
  attempts: z.number().int(),
  because: z.string().nullable(),
  payload: z.unknown(),
  result: z.unknown(),
  error: z.string().nullable(),
  created: time,
});

export const jobOperations = {
  "jobs.list": operation({
    method: "GET",
    path: "/p/{project}/jobs",
    capability: "read",
    input: project.extend({ limit: z.coerce.number().int().min(1).max(1000).default(100) }),
    output: z.object({ jobs: z.array(jobShape) }),
    text: "Work that outlives the process that asked for it, newest first.",
  }),
  "jobs.cancel": operation({
    method: "POST",
    path: "/p/{project}/jobs/{job}/cancel",
    capability: "run",
    input: project.extend({ job: z.string() }),
    output: z.object({ job: z.string(), cancelled: z.boolean() }),
    text: "Ends a job that waits or runs.",
  }),
  "jobs.run": operation({
    method: "POST",
    path: "/p/{project}/jobs/run",
    capability: "run",
    input: project,
    output: z.object({ ran: z.number().int() }),
    text: "Runs what is due now and answers when it has ended.",
  }),
};
