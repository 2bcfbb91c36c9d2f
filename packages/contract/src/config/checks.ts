import { z } from "zod";
import { duration, share } from "./quantities.ts";
import { reference } from "./references.ts";

const common = {
  id: z.string().optional(),
  severity: z.enum(["warn", "fail"]).optional(),
  filter: z.string().optional(),
  min_rows: z.number().int().min(0).optional(),
  samples: z.number().int().min(0).max(100).optional(),
  doc: z.string().optional(),
};
const columns = z.union([z.string(), z.array(z.string())]);
const scalar = z.union([z.string(), z.number(), z.boolean()]);
const possible = <T extends { min?: unknown; max?: unknown }>(test: T): boolean =>
  !(typeof test.min === "number" && typeof test.max === "number") || test.min <= test.max;
const bounds = { error: "min is above max", params: { code: "CAP-CONFIG-023" } };

/** Tests of data, of the skew between two tables, and of a model against rows with truth. */
export const testConfig = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("schema"),
    columns: z.record(z.string(), z.string()),
    extra: z.enum(["fail", "warn", "ignore"]).optional(),
    ...common,
  }),
  z.strictObject({ kind: z.literal("missing"), column: columns, max_share: share, ...common }),
  z
    .strictObject({
      kind: z.literal("range"),
      column: z.string(),
      min: z.union([z.number(), z.string()]).optional(),
      max: z.union([z.number(), z.string()]).optional(),
      mostly: share.optional(),
      ...common,
    })
    .refine(possible, bounds),
  z.strictObject({ kind: z.literal("set"), column: z.string(), values: z.array(scalar), mostly: share.optional(), ...common }),
  z.strictObject({ kind: z.literal("regex"), column: z.string(), pattern: z.string(), mostly: share.optional(), ...common }),
  z.strictObject({
    kind: z.literal("unique"),
    column: columns,
    max_share: share.optional(),
    max_groups: z.number().int().min(0).optional(),
    ...common,
  }),
  z.strictObject({
    kind: z.literal("duplicates"),
    columns: columns.optional(),
    max_share: share.optional(),
    max_groups: z.number().int().min(0).optional(),
    ...common,
  }),
  z
    .strictObject({ kind: z.literal("row_count"), min: z.number().int().optional(), max: z.number().int().optional(), ...common })
    .refine(possible, bounds),
  z.strictObject({
    kind: z.literal("unit_scale"),
    column: z.string(),
    against: reference("data", "step").optional(),
    tolerance: share.optional(),
    ...common,
  }),
  z.strictObject({ kind: z.literal("freshness"), column: z.string(), max_age: duration, as_of: z.string().optional(), ...common }),
  z.strictObject({ kind: z.literal("expression"), sql: z.string(), mostly: share.optional(), ...common }),
  z.strictObject({ kind: z.literal("time_leakage"), column: z.string(), ...common }),
  z.strictObject({ kind: z.literal("overlap_train_test"), columns: columns.optional(), max_share: share, ...common }),
  z.strictObject({
    kind: z.literal("row_join_skew"),
    key: z.string(),
    columns,
    tolerance: z.number().min(0).optional(),
    max_share: share.optional(),
    ...common,
  }),
  z.strictObject({ kind: z.literal("distribution_skew"), columns, effect: z.number().min(0).optional(), ...common }),
  z
    .strictObject({ kind: z.literal("metric"), metric: z.string(), min: z.number().optional(), max: z.number().optional(), ...common })
    .refine(possible, bounds),
  z.strictObject({
    kind: z.literal("metric_vs_baseline"),
    baseline: reference("step", "model").optional(),
    score: z.string().optional(),
    metric: z.string(),
    margin: z.number(),
    ...common,
  }),
  z.strictObject({ kind: z.literal("metric_vs_champion"), metric: z.string(), margin: z.number(), ...common }),
  z
    .strictObject({
      kind: z.literal("slice"),
      by: z.array(z.string()).min(1),
      metric: z.string(),
      min: z.number().optional(),
      max: z.number().optional(),
      ...common,
    })
    .refine(possible, bounds),
  z.strictObject({ kind: z.literal("calibration"), metric: z.enum(["ece", "brier", "log_loss"]), max: z.number(), ...common }),
]);
export type TestConfig = z.output<typeof testConfig>;

export const suiteConfig = z.strictObject({
  for: reference("data", "step", "model"),
  against: reference("data", "step").optional(),
  filter: z.string().optional(),
  /** Columns of rows with truth that model tests read: 0/1 truth (`label`), scores of the model (`score`), of the baseline (`baseline_score`) and of the live version (`champion_score`). */
  truth: z.string().optional(),
  score: z.string().optional(),
  baseline: z.string().optional(),
  champion: z.string().optional(),
  tests: z.array(testConfig).min(1),
  /** Data and outputs refuse, models report to the gate, unless said. */
  when_failing: z.enum(["refuse", "report"]).optional(),
});
export type SuiteConfig = z.output<typeof suiteConfig>;

/** Standing tests over windows of predictions. */
export const monitorTestConfig = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("drift"),
    columns,
    method: z.string().optional(),
    alpha: z.number().optional(),
    effect: z.number().optional(),
    ...common,
  }),
  z.strictObject({
    kind: z.literal("prediction_drift"),
    method: z.string().optional(),
    alpha: z.number().optional(),
    effect: z.number().optional(),
    ...common,
  }),
  z.strictObject({ kind: z.literal("prior_shift"), alpha: z.number().optional(), ...common }),
  z
    .strictObject({
      kind: z.literal("realized_performance"),
      metric: z.string(),
      min: z.number().optional(),
      max: z.number().optional(),
      ...common,
    })
    .refine(possible, bounds),
  z.strictObject({ kind: z.literal("estimated_performance"), metric: z.string(), ...common }),
  z.strictObject({ kind: z.literal("unit_scale"), columns: columns.optional(), tolerance: share.optional(), ...common }),
  z.strictObject({ kind: z.literal("missing"), columns: columns.optional(), max_share: share.optional(), ...common }),
  z.strictObject({ kind: z.literal("volume"), min: z.number().optional(), ...common }),
  z.strictObject({ kind: z.literal("label_delay"), max: duration, ...common }),
]);
export type MonitorTestConfig = z.output<typeof monitorTestConfig>;

export const monitorConfig = z.strictObject({
  for: reference("route", "model"),
  against: reference("data", "step").optional(),
  window: duration,
  bounds: z
    .union([
      z.literal("reference"),
      z.record(z.string(), z.union([z.number(), z.strictObject({ min: z.number().optional(), max: z.number().optional() })])),
    ])
    .optional(),
  tests: z.array(monitorTestConfig).min(1),
  alert: z
    .strictObject({
      after: z
        .string()
        .regex(/^\d+ of \d+$/, "is written `2 of 3`")
        .optional(),
      severity: z.number().int().min(1).max(4).optional(),
      notify: z.array(z.string()).optional(),
    })
    .optional(),
});
export type MonitorConfig = z.output<typeof monitorConfig>;
