import { type Stage, stages } from "../../registry/model.ts";
import type { Lifecycle } from "../../tracking/model.ts";

/** What a store of MLflow says, in whichever of its forms, as our words. */
type Cell = unknown;
export type Json = { readonly [key: string]: unknown };

/** A secret is in no answer, and in a database only as its own key can read it. */
export const noWebhooks = "their secrets cannot be read; they are made anew with secrets of their own";

export const text = (value: Cell): string => (value === null || value === undefined ? "" : String(value));
/** Null where nothing is said. */
export const maybe = (value: Cell): string | null => (value === null || value === undefined ? null : String(value));
/** A server writes an empty text where a library writes nothing. */
export const said = (value: Cell): string | null => maybe(value) || null;
export const number = (value: Cell): number => (typeof value === "number" ? value : pythonNumber(text(value) || "0"));
export const lifecycleOf = (value: Cell): Lifecycle => (value === "deleted" ? "deleted" : "active");
export const stageOf = (value: Cell): Stage => stages.find((one) => one.toLowerCase() === text(value).toLowerCase()) ?? "None";

export const list = (value: Cell): Json[] => (Array.isArray(value) ? (value as Json[]) : []);
export const object = (value: Cell): Json => (typeof value === "object" && value !== null ? (value as Json) : {});
/** Texts from a list of keys with values. */
export const textsOf = (value: Cell): Record<string, string> =>
  Object.fromEntries(list(value).map((one) => [text(one["key"]), text(one["value"])]));
/** The list that the protocol has for texts. */
export const pairsOf = (texts: Readonly<Record<string, string>>): { key: string; value: string }[] =>
  Object.entries(texts).map(([key, value]) => ({ key, value }));

/** `inf` and `nan` are Python's words. */
export function pythonNumber(text: string): number {
  const plain = text.toLowerCase().replace(/^\+/, "");
  if (/^-?inf(inity)?$/.test(plain)) return plain.startsWith("-") ? -Infinity : Infinity;
  return plain === "nan" || plain === "-nan" ? NaN : Number(text);
}
