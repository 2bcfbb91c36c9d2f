import { z } from "zod";
import { duration, size } from "./quantities.ts";

const scalar = z.union([z.string(), z.number(), z.boolean()]);
const textOrList = z.union([z.string(), z.array(z.string())]);
/** Names of inputs and outputs; upper-cased they are parts of variables (`CAPSTAN_IN_ROWS`). */
const portName = z.string().regex(/^[a-z][a-z0-9_-]*$/, "a name has lower-case letters, digits, `-` and `_`, and begins with a letter");

export const outputConfig = z.strictObject({
  path: z.string(),
  kind: z.enum(["file", "dir", "metrics", "plot"]).optional(),
  better: z.record(z.string(), z.enum(["higher", "lower"])).optional(),
  dedup: z.enum(["auto", "none"]).optional(),
});
export type OutputConfig = z.output<typeof outputConfig>;
const output = z.union([z.string(), outputConfig]);

export const stepConfig = z.strictObject({
  run: z.union([z.string().min(1), z.array(z.string()).min(1)]),
  in: z.union([z.string(), z.array(z.string()), z.record(portName, z.string())]).optional(),
  out: z.union([z.string(), z.array(output), z.record(portName, output)]).optional(),
  params: textOrList.optional(),
  code: textOrList.optional(),
  env: z
    .strictObject({ lock: z.string().optional(), vars: z.array(z.string()).optional(), set: z.record(z.string(), z.string()).optional() })
    .optional(),
  matrix: z
    .object({ include: z.array(z.record(z.string(), scalar)).optional(), exclude: z.array(z.record(z.string(), scalar)).optional() })
    .catchall(z.union([z.array(scalar), z.string()]))
    .optional(),
  cwd: z.string().optional(),
  shell: z.string().optional(),
  network: z.boolean().optional(),
  salt: z.string().optional(),
  when: z.string().optional(),
  approve: z.strictObject({ role: z.string(), quorum: z.number().int().min(1).optional() }).optional(),
  resources: z
    .object({ cpu: z.number().positive().optional(), mem: size.optional(), gpu: z.number().min(0).optional(), tmp: size.optional() })
    .catchall(z.number())
    .optional(),
  mutex: z.string().optional(),
  executor: z.string().optional(),
  timeout: duration.optional(),
  retry: z
    .strictObject({
      max: z.number().int().min(0).max(20).optional(),
      if: z.array(z.string().regex(/^(infra|oom|timeout|any|exit:\d+)$/, "is infra, oom, timeout, any or exit:N")).optional(),
    })
    .optional(),
  sandbox: z.boolean().optional(),
  deterministic: z.boolean().optional(),
  secrets: z.array(z.string()).optional(),
});
export type StepConfig = z.output<typeof stepConfig>;

/** Keys for all steps; those that only one step can have are left out. */
export const stepDefaults = stepConfig.omit({ run: true, in: true, out: true, matrix: true }).partial();
