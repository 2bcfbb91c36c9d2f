import { projectConfigSchema } from "@capstan/contract";
import type { z } from "zod";
import { CapstanError } from "../../../base/foundation/errors.ts";
import { guessWord } from "./guess.ts";
import { isPlain, type Layers } from "./overlay.ts";
import type { Path, Place } from "./source.ts";

type Issue = z.core.$ZodIssue;
type JsonSchema = {
  properties?: Record<string, JsonSchema>;
  additionalProperties?: JsonSchema | boolean;
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  items?: JsonSchema | boolean;
  prefixItems?: JsonSchema[];
  type?: string;
  const?: unknown;
};

/** What the schema refuses, in our codes, with place and the nearest known word. */
export function schemaProblems(issues: readonly Issue[], layers: Layers): CapstanError[] {
  return issues.flatMap((issue) => problemsOf(issue, issue.path as Path, layers));
}

function problemsOf(issue: Issue, path: Path, layers: Layers): CapstanError[] {
  const origin = layers.originOf(path);
  const where = origin?.value ?? origin?.key;
  const subject = subjectOf(path);
  switch (issue.code) {
    case "unrecognized_keys": {
      const known = knownKeys(path, layers);
      return issue.keys.map((key) => {
        const guess = guessWord(key, known);
        return new CapstanError(
          "CAP-CONFIG-004",
          {
            subject,
            key,
            hint: guess ? `: did you mean \`${guess}\`?` : "",
            fix: guess ? `\`${guess}\`. Keys here: ${known.join(" ")}` : `one of: ${known.join(" ")}`,
          },
          { where: keyPlace(layers, [...path, key]) ?? where },
        );
      });
    }
    case "invalid_union": {
      if (issue.errors.length === 0 && "discriminator" in issue) {
        const options = "options" in issue && Array.isArray(issue.options) ? issue.options.map(String) : [];
        const value = String(layers.get(path) ?? "nothing");
        const guess = guessWord(value, options);
        return [
          new CapstanError(
            "CAP-CONFIG-024",
            { value, hint: guess ? `: did you mean \`${guess}\`?` : "", options: options.join(" ") },
            { where },
          ),
        ];
      }
      if (layers.get(path) === undefined)
        return [
          missing(
            path,
            [...new Set(issue.errors.flat().flatMap((one) => (one.code === "invalid_type" ? [nameOfType(one.expected)] : [])))].join(
              " or ",
            ),
            layers,
          ),
        ];
      const branch = likeliest(issue.errors, layers.get(path));
      if (branch) return branch.flatMap((one) => problemsOf(one, [...path, ...(one.path as Path)], layers));
      const values = issue.errors.flat().flatMap((one) => (one.code === "invalid_value" ? one.values.map(String) : []));
      if (values.length > 0) return [wrongValue(subject, layers.get(path), values, where)];
      const kinds = [...new Set(issue.errors.flat().flatMap((one) => (one.code === "invalid_type" ? [nameOfType(one.expected)] : [])))];
      return [wrongType(subject, kinds.join(" or ") || "something else", layers.get(path), where)];
    }
    case "invalid_value":
      return [wrongValue(subject, layers.get(path), issue.values.map(String), where)];
    case "invalid_type":
      if (layers.get(path) === undefined) return [missing(path, nameOfType(issue.expected), layers)];
      return [wrongType(subject, nameOfType(issue.expected), layers.get(path), where)];
    case "invalid_key":
      return [
        new CapstanError(
          "CAP-CONFIG-010",
          {
            name: String(path.at(-1)),
            problem: issue.issues[0]?.message ?? "its form is wrong",
            fix:
              String(path.at(-1))
                .toLowerCase()
                .replace(/[^a-z0-9-]+/g, "-")
                .replace(/^[^a-z]+/, "") || "name",
          },
          { where: keyPlace(layers, path) ?? where },
        ),
      ];
    case "custom": {
      const code = issue.params?.["code"];
      if (code === "CAP-CONFIG-023") return [new CapstanError("CAP-CONFIG-023", { subject, problem: issue.message }, { where })];
      if (code === "CAP-CONFIG-007")
        return [
          new CapstanError(
            "CAP-CONFIG-007",
            {
              ref: String(layers.get(path)),
              what: "nothing that can stand here",
              hint: "",
              fix: issue.message.replace(/^`.*?` is no reference of the form /, "write "),
            },
            { where },
          ),
        ];
      const unit = / has no unit of \w+, such as (\S+?),? /.exec(`${issue.message} `)?.[1];
      const sample = unit
        ? `the unit, such as \`${String(path.at(-1))}: ${String(layers.get(path)).replace(/[^\d.].*$/, "") || "30"}${unit.replace(/^[\d.]+/, "")}\``
        : "another value";
      return [new CapstanError("CAP-CONFIG-005", { subject, problem: issue.message, fix: sample }, { where })];
    }
    default:
      return [new CapstanError("CAP-CONFIG-005", { subject, problem: plainWords(issue), fix: "another value" }, { where })];
  }
}

const missing = (path: Path, expected: string, layers: Layers): CapstanError =>
  new CapstanError(
    "CAP-CONFIG-005",
    {
      subject: subjectOf(path.slice(0, -1)),
      problem: `\`${String(path.at(-1))}\` is missing`,
      fix: `\`${String(path.at(-1))}:\` with ${expected || "a value"}`,
    },
    { where: keyPlace(layers, path.slice(0, -1)) },
  );

const keyPlace = (layers: Layers, path: Path): Place | undefined => {
  const origin = layers.originOf(path);
  return origin?.key ?? origin?.value;
};

/** Of a union, the branch that the writer meant: the one whose outer form fits what stands there. */
function likeliest(branches: readonly (readonly Issue[])[], value: unknown): readonly Issue[] | undefined {
  const fitting = branches.filter(
    (branch) => !branch.some((one) => one.path.length === 0 && (one.code === "invalid_type" || one.code === "invalid_value")),
  );
  if (fitting.length <= 1) return fitting[0];
  // Objects of several shapes: the one with the fewest objections.
  return isPlain(value) ? [...fitting].sort((a, b) => a.length - b.length)[0] : fitting[0];
}

const wrongType = (subject: string, expected: string, value: unknown, where: Place | undefined) =>
  new CapstanError(
    "CAP-CONFIG-005",
    { subject, problem: `this is ${nameOfValue(value)}, ${expected} is wanted`, fix: expected },
    { where },
  );

function wrongValue(subject: string, value: unknown, options: readonly string[], where: Place | undefined): CapstanError {
  if (subject === "capstan") return new CapstanError("CAP-CONFIG-002", { found: String(value), known: options.join(" ") }, { where });
  const guess = guessWord(String(value), options);
  return new CapstanError(
    "CAP-CONFIG-006",
    { subject, value: String(value), hint: guess ? `: did you mean \`${guess}\`?` : "", options: options.join(" ") },
    { where },
  );
}

const singular: Record<string, string> = {
  steps: "step",
  checks: "suite",
  models: "model",
  routes: "route",
  monitors: "monitor",
  triggers: "trigger",
  data: "dataset",
  profiles: "profile",
  executors: "executor",
};
function subjectOf(path: Path): string {
  const noun = singular[String(path[0])];
  const text = (parts: Path): string =>
    parts.map((part, i) => (typeof part === "number" ? `[${part + 1}]` : `${i > 0 ? "." : ""}${part}`)).join("");
  if (path.length === 0) return "capstan.yaml";
  if (noun && path.length > 1) return [`${noun} ${String(path[1])}`, text(path.slice(2))].filter(Boolean).join(", ");
  return text(path);
}

const nameOfType = (type: string): string =>
  ({
    string: "text",
    number: "a number",
    int: "a whole number",
    boolean: "true or false",
    array: "a list",
    object: "a map",
    record: "a map",
    tuple: "a list",
  })[type] ?? type;
const nameOfValue = (value: unknown): string =>
  value === null
    ? "empty"
    : Array.isArray(value)
      ? "a list"
      : typeof value === "object"
        ? "a map"
        : typeof value === "boolean"
          ? "true or false"
          : typeof value === "number"
            ? "a number"
            : "text";
const plainWords = (issue: Issue): string => {
  if (issue.code === "too_small")
    return issue.origin === "array" || issue.origin === "string"
      ? `at least ${issue.minimum} ${issue.origin === "array" ? "items are" : "letters are"} wanted`
      : `at least ${issue.minimum} is wanted`;
  if (issue.code === "too_big") return `at most ${issue.maximum} is wanted`;
  return issue.message;
};

/** Keys that the schema knows at a place; where it allows several shapes, those of the shape whose fixed members agree. */
function knownKeys(path: Path, layers: Layers): string[] {
  let found: JsonSchema[] = [projectConfigSchema() as JsonSchema];
  const spread = (schemas: JsonSchema[]): JsonSchema[] =>
    schemas.flatMap((one) => [one, ...spread([...(one.anyOf ?? []), ...(one.oneOf ?? [])])]);
  path.forEach((part, i) => {
    const value = layers.get(path.slice(0, i));
    found = spread(found)
      .filter((one) => agrees(one, value))
      .flatMap((one) => {
        if (typeof part === "number") return [one.prefixItems?.[part], one.items].filter(isSchema);
        return [one.properties?.[part] ?? one.additionalProperties].filter(isSchema);
      });
  });
  const value = layers.get(path);
  return [
    ...new Set(
      spread(found)
        .filter((one) => agrees(one, value))
        .flatMap((one) => Object.keys(one.properties ?? {})),
    ),
  ];
}
const isSchema = (schema: JsonSchema | boolean | undefined): schema is JsonSchema => typeof schema === "object";
const agrees = (schema: JsonSchema, value: unknown): boolean =>
  Object.entries(schema.properties ?? {}).every(
    ([key, member]) => member.const === undefined || !isPlain(value) || value[key] === undefined || value[key] === member.const,
  );
