import { z } from "zod";

export const referenceKinds = [
  "data",
  "step",
  "run",
  "model",
  "route",
  "release",
  "suite",
  "check",
  "monitor",
  "alert",
  "abtest",
  "fault",
  "incident",
  "entry",
  "git",
] as const;
export type ReferenceKind = (typeof referenceKinds)[number];
export type Reference = { kind: ReferenceKind; name: string; version: string | null; part: string | null };

const pattern = /^([a-z]+):([A-Za-z0-9][A-Za-z0-9/_-]*)(?:@([^.\s]+))?(?:\.([A-Za-z0-9_*-]+))?$/;

/** `step:prepare.train`, `data:flights@v1`, `model:late-arrival@live`; undefined when it is no reference. */
export function parseReference(text: string): Reference | undefined {
  const match = pattern.exec(text);
  const kind = match?.[1] as ReferenceKind | undefined;
  if (!match || kind === undefined || !(referenceKinds as readonly string[]).includes(kind)) return undefined;
  return { kind, name: match[2] ?? "", version: match[3] ?? null, part: match[4] ?? null };
}

/** A reference of one of these kinds, kept as it was written. That it resolves is checked with the whole file at hand (CAP-CONFIG-007). */
export const reference = (...kinds: readonly ReferenceKind[]) =>
  z.string().refine(
    (text) => {
      const parsed = parseReference(text);
      return parsed !== undefined && kinds.includes(parsed.kind);
    },
    {
      error: (issue) => `\`${String(issue.input)}\` is no reference of the form ${kinds.map((kind) => `\`${kind}:…\``).join(" or ")}`,
      params: { code: "CAP-CONFIG-007" },
    },
  );
