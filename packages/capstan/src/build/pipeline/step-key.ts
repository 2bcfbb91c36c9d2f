import { createHash } from "node:crypto";
import type { StepFacts } from "./model.ts";

type Encodable = null | boolean | string | readonly Encodable[];

/** Each part is preceded by its kind and its length in bytes, so that no two different values have one encoding. */
function encode(value: Encodable, into: (bytes: string) => void): void {
  if (value === null) into("n;");
  else if (typeof value === "boolean") into(value ? "t;" : "f;");
  else if (typeof value === "string") into(`s${Buffer.byteLength(value)}:${value}`);
  else {
    into(`l${value.length}:`);
    for (const item of value) encode(item, into);
  }
}

function digestOf(value: Encodable): string {
  const hash = createHash("sha256");
  encode(value, (bytes) => hash.update(bytes));
  return hash.digest("hex");
}

const schema = "capstan-step-1";
const byName = <T extends { name: string }>(all: readonly T[]): T[] =>
  [...all].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));

/** The hash of everything that decides a step's result. Equal keys need no second execution. */
export const stepKeyOf = (facts: StepFacts): string => digestOf(encodable(facts, (input) => [input.path, input.form, input.digest]));

/** The same without what other steps made: tells whether a step that waits for one may be reused at all. */
export const baseKeyOf = (facts: StepFacts): string =>
  digestOf(encodable(facts, (input) => (input.from.startsWith("step:") ? [] : [input.path, input.form, input.digest])));

const encodable = (facts: StepFacts, bytesOf: (input: StepFacts["inputs"][number]) => readonly string[]): Encodable => [
  schema,
  facts.command,
  facts.cwd,
  byName(facts.inputs).map((input) => [input.name, bytesOf(input)]),
  facts.params.map(([name, json]) => [name, json]),
  codeDigestOf(facts),
  [facts.env.lock?.digest ?? null, facts.env.interpreter, facts.env.platform, facts.env.vars.map(([name, value]) => [name, value])],
  byName(facts.outputs).map((output) => [output.name, output.path, output.kind]),
  facts.network,
  facts.salt,
];

export const codeDigestOf = (facts: Pick<StepFacts, "code">): string => digestOf(facts.code.map((file) => [file.path, file.digest]));
export const envDigestOf = (facts: Pick<StepFacts, "env">): string =>
  digestOf([
    facts.env.lock?.digest ?? null,
    facts.env.interpreter,
    facts.env.platform,
    facts.env.vars.map(([name, value]) => [name, value]),
  ]);
