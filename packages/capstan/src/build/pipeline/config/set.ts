import { isDeepStrictEqual } from "node:util";
import { parse } from "yaml";
import { CapstanError } from "../../../base/foundation/errors.ts";
import { guessWord } from "./guess.ts";
import { isPlain, type Layers, type Plain, textOf } from "./overlay.ts";
import { paramNames, paramOf } from "./params.ts";

/** Applies `--set NAME=VALUE` to existing parameters of the same type. Returns what is wrong and what really changed. */
export function applySet(layers: Layers, assignments: readonly string[]): { errors: CapstanError[]; changed: string[] } {
  const errors: CapstanError[] = [];
  const changed: string[] = [];
  for (const given of assignments) {
    const refuse = (problem: string, hint: string, fix: string): void =>
      void errors.push(
        new CapstanError("CAP-CONFIG-011", { given: `--set ${given}`, problem, hint, fix }, { why: "a typo would look like a result" }),
      );
    const split = given.indexOf("=");
    if (split < 1) {
      refuse("no value is given", "", "write NAME=VALUE");
      continue;
    }
    const name = given.slice(0, split);
    const text = given.slice(split + 1);
    const values = (layers.value["params"] ?? {}) as Plain;
    const old = paramOf(values, name);
    const path = ["params", ...name.split(".")];
    if (old === undefined) {
      const guess =
        guessWord(name, paramNames(values)) ?? paramNames(values).find((one) => one.split(".").at(-1) === name.split(".").at(-1));
      const origin = guess && layers.originOf(["params", ...guess.split(".")]);
      refuse(
        "no such parameter",
        guess ? `: did you mean \`${guess}\`?` : "",
        guess ? `write ${guess}${origin ? ` (${textOf(origin)})` : ""}` : "add it to params.yaml first",
      );
      continue;
    }
    const value = valueOf(text, old);
    if (value === undefined) {
      refuse(`it is ${kindOf(old)}, \`${text}\` is not`, "", `give ${kindOf(old)}`);
      continue;
    }
    if (!isDeepStrictEqual(value, old)) changed.push(name);
    layers.merge(nest(path, value), () => ({ by: "--set" }), [], true);
  }
  return { errors, changed };
}

const nest = (path: readonly string[], value: unknown): unknown => path.reduceRight<unknown>((inner, part) => ({ [part]: inner }), value);
const kindOf = (value: unknown): string =>
  value === null
    ? "empty"
    : Array.isArray(value)
      ? "a list"
      : isPlain(value)
        ? "a group"
        : typeof value === "boolean"
          ? "true or false"
          : typeof value === "number"
            ? "a number"
            : "text";

/** Text as a value of the old one's type; undefined when it is none. */
function valueOf(text: string, old: unknown): unknown {
  if (typeof old === "string") return text;
  if (isPlain(old)) return undefined;
  let value: unknown;
  try {
    value = parse(text, { version: "1.2" });
  } catch {
    return undefined;
  }
  if (old === null) return value;
  if (Array.isArray(old)) return Array.isArray(value) ? value : undefined;
  return typeof value === typeof old ? value : undefined;
}
