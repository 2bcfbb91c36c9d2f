import { readFileSync } from "node:fs";
import { type OperationName, operations } from "@capstan/contract/operations";
import { CapstanError } from "../../base/foundation/errors.ts";
import { nearest } from "../../base/foundation/nearest.ts";
import type { Verb } from "./verbs.ts";

export const verb: Verb = {
  text: "Calls any operation of the contract; its input comes from FILE, stdin (-) or key=value words.",
  usage: "api OPERATION [FILE|-] [key=value …]",
  mostWords: Infinity,
  examples: ["api runs.list limit=5", "api labels.append labels.json"],
  flags: {},
  async run(context) {
    const [name, ...words] = context.words;
    const names = Object.keys(operations);
    if (name === undefined) {
      for (const one of names) context.out.result(`${one.padEnd(24)}${operations[one as OperationName].text}`);
      context.out.document({ operations: names });
      return 0;
    }
    if (!Object.hasOwn(operations, name)) throw unknownOperation(name, names);
    const input: Record<string, unknown> = {};
    for (const word of words) {
      const at = word.indexOf("=");
      if (at > 0) input[word.slice(0, at)] = word.slice(at + 1);
      else Object.assign(input, readObject(word));
    }
    const operation = operations[name as OperationName];
    if (operation.path.includes("{project}")) input["project"] ??= context.place().project;
    const connection = operation.method === "GET" ? await context.read() : await context.write();
    const answer = await connection.call(name as OperationName, input as never);
    process.stdout.write(`${JSON.stringify(answer, null, context.out.json ? 0 : 2)}\n`);
    return 0;
  },
};

export function unknownOperation(name: string, names: readonly string[]): CapstanError {
  const near = nearest(name, names);
  return new CapstanError("CAP-USAGE-003", { operation: name, hint: near ? `, did you mean ${near}?` : "" });
}

function readObject(path: string): object {
  let text: string;
  try {
    text = readFileSync(path === "-" ? 0 : path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") throw new CapstanError("CAP-DATA-005", { path });
    throw error;
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new CapstanError("CAP-REQUEST-005", { problem: `${path}: ${error instanceof Error ? error.message : String(error)}` });
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new CapstanError("CAP-REQUEST-005", { problem: `${path}: an object is expected` });
  return value;
}
