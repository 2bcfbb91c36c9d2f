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
