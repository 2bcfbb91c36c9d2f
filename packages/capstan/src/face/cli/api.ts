import { readFileSync } from "node:fs";
import { type OperationName, operations } from "@capstan/contract/operations";
import { CapstanError } from "../../base/foundation/errors.ts";
import { nearest } from "../../base/foundation/nearest.ts";
import type { Verb } from "./verbs.ts";

export const verb: Verb = {
  text: "Calls any operation of the contract; its input comes from FILE, stdin (-) or key=value words.",
  usage: "api OPERATION [FILE|-] [key=value …]",
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
    if (!(name in operations)) {
      const near = nearest(name, names);
      throw new CapstanError("CAP-NOT-FOUND-001", { noun: "operation", name: `${name}${near ? `, did you mean ${near}?` : ""}` });
    }
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

function readObject(path: string): object {
  try {
    return JSON.parse(readFileSync(path === "-" ? 0 : path, "utf8")) as object;
  } catch (error) {
    throw new CapstanError("CAP-REQUEST-005", { problem: `${path}: ${error instanceof Error ? error.message : String(error)}` });
  }
}
