import { z } from "zod";
import { duration, share } from "./quantities.ts";
import { reference } from "./references.ts";

/** Answers from which the risk class is computed. One left out counts as its worst. */
export const riskConfig = z.strictObject({
  eu: z.boolean().optional(),
  role: z.enum(["provider", "deployer", "both", "manufacturer"]).optional(),
  prohibited: z.array(z.string()).optional(),
  safety_component: z.boolean().optional(),
  area: z
    .union([z.enum(["none", "1", "2", "3", "4", "5a", "5b", "5c", "5d", "6", "7", "8"]), z.number().int().min(1).max(8)])
    .transform(String)
    .optional(),
  exemption: z.enum(["none", "narrow_task", "improves_human_work", "detects_patterns", "preparatory"]).optional(),
  profiles_persons: z.boolean().optional(),
  talks_to_persons: z.boolean().optional(),
  general_purpose: z.boolean().optional(),
  personal_data: z.enum(["none", "pseudonymous", "personal", "special", "children"]).optional(),
  /** What an answer does to someone, and how much of a person stands between. */
  effect: z
    .tuple([z.enum(["none", "service_quality", "significant", "legal"]), z.enum(["advice", "in_loop", "on_loop", "solely_automated"])])
    .optional(),
  persons_per_month: z.number().min(0).optional(),
  harm: z.enum(["nuisance", "money", "livelihood", "health"]).optional(),
  reversible: z.boolean().optional(),
  vulnerable: z.boolean().optional(),
  protected: z.enum(["none", "present", "proxied", "obtainable"]).optional(),
  money_per_day: z.number().min(0).optional(),
  max_outage: duration.optional(),
  third_party: z.enum(["none", "licensed", "unknown"]).optional(),
  retrains_itself: z.boolean().optional(),
});
export type RiskConfig = z.output<typeof riskConfig>;

export const modelConfig = z.strictObject({
  from: reference("step").optional(),
  owner: z.string().optional(),
  deputy: z.string().optional(),
  not_for: z.array(z.string()).optional(),
  signature: z
    .union([z.literal("inferred"), z.strictObject({ inputs: z.record(z.string(), z.string()), outputs: z.record(z.string(), z.string()) })])
    .optional(),
  metric: z.string().optional(),
  /** How far a metric may lie off when a reproduction has other bytes. */
  tolerance: z.record(z.string(), z.number().min(0)).optional(),
  threshold: z.number().optional(),
  risk: riskConfig.optional(),
  gate: z.strictObject({ suites: z.array(z.string()).optional(), approvals: z.number().int().min(0).optional() }).optional(),
  register: z.enum(["auto", "manual"]).optional(),
});
export type ModelConfig = z.output<typeof modelConfig>;

const fallback = z.union([z.literal("previous"), z.strictObject({ constant: z.union([z.number(), z.string()]) })]);
const worseBy = z.union([z.number(), z.strictObject({ worse_by: z.number(), required: z.boolean().optional() })]);
export const routeConfig = z.strictObject({
  model: z.string(),
  key: z.string().optional(),
  release: z
    .strictObject({
      strategy: z.enum(["canary", "direct", "shadow"]).optional(),
      shadow: z.boolean().optional(),
      steps: z.array(share).optional(),
      each: z.strictObject({ time: duration.optional(), rows: z.number().int().min(0).optional() }).optional(),
      hold: duration.optional(),
    })
    .optional(),
  /** How much worse the new arm may be: latency as a duration, the mean score and failures as an absolute difference. */
  guard: z
    .strictObject({
      failures: share.optional(),
      latency_p50: duration.optional(),
      latency_p95: duration.optional(),
      latency_p99: duration.optional(),
      score_mean: z.number().min(0).optional(),
      brier: worseBy.optional(),
      log_loss: worseBy.optional(),
      auc: worseBy.optional(),
    })
    .optional(),
  log: z.enum(["fast", "strict"]).optional(),
  labels: z.strictObject({ from: reference("data").optional(), delay: duration.optional() }).optional(),
  fallback: z.union([fallback, z.array(fallback)]).optional(),
  timeout: duration.optional(),
  schema: z.enum(["reject", "coerce", "flag"]).optional(),
});
export type RouteConfig = z.output<typeof routeConfig>;

export const triggerConfig = z.strictObject({
  when: z.union([
    z.strictObject({
      alert: z.union([reference("monitor"), z.array(reference("monitor"))]),
      cause: z.string().optional(),
      delay: duration.optional(),
    }),
    z.strictObject({ data: reference("data") }),
    z.strictObject({ schedule: z.string(), zone: z.string().optional() }),
    z.strictObject({ alias: z.string() }),
    z.strictObject({ webhook: z.string() }),
  ]),
  run: z.union([z.string(), z.array(z.string())]).optional(),
  /** Parameter → value; `${event.x}` stands for what the event says. */
  set: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
  then: z.enum(["nothing", "register", "release"]).optional(),
  limit: z.strictObject({ cool_down: duration.optional(), per_day: z.number().int().min(1).optional() }).optional(),
});
export type TriggerConfig = z.output<typeof triggerConfig>;
