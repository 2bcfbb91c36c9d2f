import { z } from "zod";
import { monitorConfig, suiteConfig } from "./config/checks.ts";
import { dataConfig, purposeConfig } from "./config/data.ts";
import { modelConfig, routeConfig, triggerConfig } from "./config/models.ts";
import { duration } from "./config/quantities.ts";
import { stepConfig, stepDefaults } from "./config/steps.ts";

export * from "./config/checks.ts";
export * from "./config/data.ts";
export * from "./config/declared-data.ts";
export * from "./config/models.ts";
export * from "./config/quantities.ts";
export * from "./config/reference-text.ts";
export * from "./config/references.ts";
export * from "./config/steps.ts";

/** The newest format of capstan.yaml that this program writes and reads. */
export const configFormat = 1;

const thingName = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,62}$/, { error: "a name has lower-case letters, digits and hyphens, and begins with a letter" });
const named = <T extends z.ZodType>(value: T) => z.record(thingName, value);

const executorConfig = z.strictObject({
  kind: z.enum(["local", "ray", "slurm", "kubernetes"]),
  cpu: z.number().int().positive().optional(),
  partition: z.string().optional(),
  address: z.string().optional(),
  namespace: z.string().optional(),
  image: z.string().optional(),
});

/** capstan.yaml after includes and overlays: the language a project is written in. Parsed, durations are milliseconds, sizes bytes, shares 0–1. */
export const projectConfig = z.strictObject({
  capstan: z.literal(configFormat).optional(),
  project: thingName.optional(),
  server: z.string().optional(),
  /** Where the record is kept: one place (`postgres://…`, `s3://…`), or one for each. */
  store: z.union([z.string(), z.strictObject({ database: z.string().optional(), blobs: z.string().optional() })]).optional(),
  include: z.union([z.string(), z.array(z.string())]).optional(),
  params_from: z.union([z.string(), z.array(z.string())]).optional(),
  params: z.record(z.string(), z.unknown()).optional(),
  data: named(dataConfig).optional(),
  purpose: purposeConfig.optional(),
  defaults: stepDefaults.optional(),
  steps: named(stepConfig).optional(),
  checks: named(suiteConfig).optional(),
  models: named(modelConfig).optional(),
  policy: z.string().optional(),
  routes: named(routeConfig).optional(),
  monitors: named(monitorConfig).optional(),
  triggers: named(triggerConfig).optional(),
  executors: named(executorConfig).optional(),
  notify: named(z.record(z.string(), z.string())).optional(),
  retention: z
    .record(z.string(), z.strictObject({ keep: duration.optional(), floor: duration.optional(), ceiling: duration.optional() }))
    .optional(),
  secrets: z.array(z.string().regex(/^[A-Z][A-Z0-9_]*$/, "names of secrets are written LIKE_THIS")).optional(),
  profiles: named(z.record(z.string(), z.unknown())).optional(),
});
export type ProjectConfig = z.output<typeof projectConfig>;

/** Keys that a profile may not touch, as they decide which project, file and overlay is meant. */
export const profileForbids = ["capstan", "project", "include", "profiles"] as const;

/** JSON Schema (2020-12) of capstan.yaml as it is written. */
export const projectConfigSchema = (): object => z.toJSONSchema(projectConfig, { io: "input", unrepresentable: "any" });
