import { z } from "zod";

/** Quantities of capstan.yaml carry units. Parsed, durations are milliseconds, sizes bytes, shares 0–1. */
const unitsMs = { ms: 1, s: 1000, min: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;
const unitsBytes = {
  B: 1,
  kB: 1e3,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
  TiB: 1024 ** 4,
} as const;

const quantity = (units: Readonly<Record<string, number>>, what: string, sample: string) => {
  const pattern = new RegExp(`^(\\d+(?:\\.\\d+)?)\\s?(${Object.keys(units).join("|")})$`);
  const read = (text: string): number | undefined => {
    const match = pattern.exec(text.trim());
    const factor = match?.[2] === undefined ? undefined : units[match[2]];
    return factor === undefined ? undefined : Number(match?.[1]) * factor;
  };
  return z
    .union([z.string(), z.number()])
    .refine((value) => typeof value === "string" && read(value) !== undefined, {
      error: (issue) => `\`${String(issue.input)}\` has no unit of ${what}, such as ${sample}`,
      abort: true,
    })
    .transform((value) => read(String(value)) ?? 0)
    .meta({ description: `${what} with a unit, such as ${sample}` });
};

/** `500ms 30s 10min 6h 14d 2w`, in milliseconds. */
export const duration = quantity(unitsMs, "time", "30s, 10min, 6h or 14d");
/** `500MB 4GB 2GiB`, in bytes. */
export const size = quantity(unitsBytes, "size", "500MB or 4GB");
/** `2%` or `0.02`, as 0–1. */
export const share = z
  .union([z.number(), z.string()])
  .transform((value) => (typeof value === "number" ? value : /^\d+(\.\d+)?\s?%$/.test(value) ? Number.parseFloat(value) / 100 : Number.NaN))
  .refine((value) => value >= 0 && value <= 1, {
    error: "a share lies between 0 and 1, or 0% and 100%",
    params: { code: "CAP-CONFIG-023" },
  });
/** `1 of 1`, `2 of 3`. */
export const ofMany = z
  .string()
  .regex(/^\d+ of \d+$/, "is written `2 of 3`")
  .transform((text) => ({ count: Number.parseInt(text, 10), of: Number(text.split(" ").at(-1)) }));
