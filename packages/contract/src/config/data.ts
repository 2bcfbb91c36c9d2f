import { z } from "zod";
import { duration } from "./quantities.ts";

export const dataConfig = z.union([
  z.string(),
  z.strictObject({
    path: z.string().optional(),
    /** Column of event time: freshness, splits by time, late labels. */
    time: z.string().optional(),
    key: z.string().optional(),
    licence: z.string().optional(),
    origin: z.string().optional(),
    personal: z.enum(["none", "pseudonymous", "personal", "special", "children"]).optional(),
    hold: z.boolean().optional(),
  }),
]);
export type DataConfig = z.output<typeof dataConfig>;

export const purposeConfig = z.strictObject({
  decision: z.string().min(1),
  /** SQL over a row with its truth. */
  positive: z.string().min(1),
  /** SQL over a row: the rule in use without a model. */
  today: z.string().optional(),
  pays: z
    .strictObject({
      unit: z.string(),
      true_positive: z.number(),
      false_positive: z.number(),
      false_negative: z.number(),
      true_negative: z.number(),
    })
    .optional(),
  /** Rows with truth that worth is asked of, and their column of event time. */
  rows: z.string().optional(),
  time: z.string().optional(),
  answer_within: duration.optional(),
  without_answer: z.strictObject({ constant: z.union([z.number(), z.string()]) }).optional(),
});
export type PurposeConfig = z.output<typeof purposeConfig>;
