import { z } from "zod";
import { operation } from "../operation.ts";
import { digest, name, project, time, verdict } from "../shapes.ts";

/** What each outcome of one row is worth, in `unit`. */
export const pays = z.object({
  unit: z.string().min(1).max(40),
  true_positive: z.number(),
  false_positive: z.number(),
  false_negative: z.number(),
  true_negative: z.number(),
});
export type Pays = z.output<typeof pays>;

/** `purpose:` of capstan.yaml. `positive`, `today` and `time` are SQL over one row with its truth. */
export const purposeDeclaration = z.object({
  decision: z.string().min(1).max(500),
  positive: z.string().min(1).max(500),
  /** The rule in use without a model; without it, today is doing nothing. */
  today: z.string().max(500).optional(),
  pays: pays.optional(),
  /** What worth is asked of: the rows with truth, and the column that says when a row happened. */
  rows: z.string().optional(),
  time: z.string().optional(),
  /** Text with a unit, or milliseconds. */
  answer_within: z.union([z.string(), z.number()]).optional(),
  without_answer: z.union([z.string(), z.record(z.string(), z.union([z.number(), z.string()]))]).optional(),
});
export type PurposeDeclaration = z.output<typeof purposeDeclaration>;

const rule = z.object({
  /** Sum over all rows in `unit`, and the same per week. */
  total: z.number(),
  perWeek: z.number(),
  true_positive: z.number().int(),
  false_positive: z.number().int(),
  false_negative: z.number().int(),
  true_negative: z.number().int(),
});

export const worth = z.object({
  unit: z.string(),
  decision: z.string(),
  rows: z.number().int(),
  positives: z.number().int(),
  /** Length of the rows' time range in weeks; share of one week when shorter. */
  weeks: z.number(),
  from: time.nullable(),
  to: time.nullable(),
  /** `nothing`: no row is acted on; `always`: every row is. */
  nothing: rule,
  always: rule,
  today: rule.nullable(),
  perfect: rule,
  /** What a perfect model earns per week above the best of nothing, always and today. */
  headroomPerWeek: z.number(),
  /** A model pays once its share of true among the rows it flags exceeds this: (tn − fp) / (tp − fn + tn − fp). Null when no precision does. */
  breakEvenPrecision: z.number().nullable(),
  verdict,
  sentence: z.string(),
});
export type Worth = z.output<typeof worth>;

/** A threshold, what acting above it earns, and how sure that is. */
export const valueAt = z.object({
  threshold: z.number(),
  total: z.number(),
  perWeek: z.number(),
  /** 95 % bootstrap interval of `perWeek` over whole weeks, or over rows when there are fewer than 4 weeks. */
  interval: z.tuple([z.number(), z.number()]).nullable(),
  flaggedShare: z.number(),
});
export const valueCurve = z.object({
  unit: z.string(),
  rows: z.number().int(),
  weeks: z.number(),
  best: valueAt,
  at: valueAt.nullable(),
  curve: z.array(z.object({ threshold: z.number(), perWeek: z.number(), flaggedShare: z.number() })),
});
export type ValueCurve = z.output<typeof valueCurve>;

export const purposeOperations = {
  "purpose.get": operation({
    method: "GET",
    path: "/p/{project}/purpose",
    capability: "read",
    input: project,
    output: z.object({
      purpose: z
        .object({ version: z.string(), digest, declaration: purposeDeclaration, declaredAt: time, actor: z.string(), entry: z.string() })
        .nullable(),
      /** What the last `purpose.worth` of this version found. */
      worth: worth.extend({ askedAt: time, rowsDigest: digest }).nullable(),
      versions: z.array(z.object({ version: z.string(), digest, declaredAt: time, actor: z.string(), entry: z.string() })),
    }),
    text: "What the project decides and what answers are worth; null when nobody has said.",
  }),
  "purpose.declare": operation({
    method: "PUT",
    path: "/p/{project}/purpose",
    capability: "run",
    input: project.extend({ declaration: purposeDeclaration }),
    output: z.object({ version: z.string(), digest, created: z.boolean(), entry: z.string() }),
    text: "Declares the purpose; the same text is the same version.",
  }),
  "purpose.worth": operation({
    method: "POST",
    path: "/p/{project}/purpose/worth",
    capability: "run",
    input: project.extend({
      /** `data:flights@v1`, a blob digest, or a file on the host's machine; the declaration's `rows` unless said. */
      rows: z.string().optional(),
      dataset: name.optional(),
    }),
    output: worth,
    text: "What doing nothing, today's rule and a perfect model earn per week on rows with truth.",
  }),
};
