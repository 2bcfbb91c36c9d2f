import { CapstanError } from "../../../base/foundation/errors.ts";
import type { Layers } from "./overlay.ts";
import type { Path } from "./source.ts";

const shapes: readonly (readonly [kind: string, pattern: RegExp])[] = [
  ["cloud key", /\b(AKIA|ASIA)[0-9A-Z]{16}\b/],
  ["code host token", /\b(gh[pousr]_[A-Za-z0-9]{36,}|glpat-[A-Za-z0-9_-]{20,})\b/],
  ["private key", /-----BEGIN [A-Z ]*PRIVATE KEY-----/],
  ["chat token", /\bxox[abprs]-[A-Za-z0-9-]{10,}\b/],
  ["web token", /\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\b/],
  ["password in an address", /\b[a-z][a-z0-9+]*:\/\/[^\s/:@]+:[^\s/@${]+@/],
];

/** Values that look like secrets: the file is committed. The value itself is never told. */
export function secretProblems(layers: Layers): CapstanError[] {
  const errors: CapstanError[] = [];
  const walk = (value: unknown, path: Path): void => {
    if (typeof value === "string") {
      const kind = shapes.find(([, pattern]) => pattern.test(value))?.[0];
      if (kind) errors.push(new CapstanError("CAP-CONFIG-018", { subject: path.join("."), kind }, { where: layers.originOf(path)?.value }));
    } else if (Array.isArray(value)) value.forEach((item, i) => walk(item, [...path, i]));
    else if (typeof value === "object" && value !== null) for (const [key, member] of Object.entries(value)) walk(member, [...path, key]);
  };
  walk(layers.value, []);
  return errors;
}
