import { z } from "zod";
import { operation } from "../operation.ts";
import { name, verdict } from "../shapes.ts";
import { experimentId, runId } from "./tracking.ts";

/** A command of the user's own as one tracked run. Whoever asks executes it; the host records. */
export const commandOperations = {
  "commands.begin": operation({
    method: "POST",
    path: "/p/{project}/commands",
    capability: "run",
    input: z.object({
      project: name,
      command: z.array(z.string().max(100_000)).min(1).max(10_000),
      /** Where it is executed, as its user calls it; recorded, not entered. */
      folder: z.string().max(4000).default(""),
      message: z.string().max(2000).optional(),
    }),
    output: z.object({
      run: runId,
      name: z.string(),
      /** Address under which it can log; null when the host listens nowhere. */
      tracking: z.string().nullable(),
      experiment: experimentId,
      /** Good for logging into this run and its children, until it ends. */
      token: z.string().nullable(),
    }),
    text: "Opens a run for a command that the caller is about to execute.",
  }),
  "commands.write": operation({
    method: "PUT",
    path: "/p/{project}/commands/{run}/log",
    capability: "run",
    input: z.object({
      project: name,
      run: runId,
      /** Where the text begins, in bytes: the same piece again changes nothing. */
      offsetBytes: z.number().int().min(0),
      text: z.string(),
    }),
    output: z.object({ sizeBytes: z.number().int() }),
    text: "A piece of what the command wrote.",
    bodyLimitBytes: 4 << 20,
  }),
  "commands.end": operation({
    method: "PUT",
    path: "/p/{project}/commands/{run}/end",
    capability: "run",
    input: z.object({
      project: name,
      run: runId,
      /** Null when a signal ended it. */
      code: z.number().int().nullable(),
      signal: z.string().max(20).nullable(),
      seconds: z.number().min(0),
      cpuSeconds: z.number().min(0).nullable(),
    }),
    output: z.object({ run: runId, verdict }),
    text: "Ends and seals the run of a command; a second time it changes nothing.",
  }),
};
