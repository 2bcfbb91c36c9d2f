import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { CapstanError } from "../../base/foundation/errors.ts";
import type { Verb } from "./verbs.ts";

export const verb: Verb = {
  text: "Answers of a route for rows of NDJSON, from FILE or stdin.",
  usage: "predict ROUTE [FILE] [-o FILE]",
  mostWords: 2,
  examples: ["predict late-arrival rows.ndjson"],
  flags: {
    output: { type: "string", short: "o", text: "where the answers go; stdout unless said" },
    use: { type: "string", text: "declared use, kept with each row" },
  },
  async run(context) {
    const [route, file] = context.words;
    if (route === undefined) throw new CapstanError("CAP-USAGE-001", { problem: "which route?", verb: "predict" });
    const connection = await context.write();
    const { signature } = await connection.call("routes.get", { project: context.place().project, route });
    if (!signature)
      throw new CapstanError("CAP-STATE-001", { noun: "route", name: route, state: "without a live version", action: "asked" });
    const rows = readFileSync(file === undefined ? 0 : resolve(context.cwd, file), "utf8")
      .split("\n")
      .filter((line) => line.trim() !== "")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    const lines: string[] = [];
    for (let at = 0; at < rows.length; at += 1000) {
      const part = rows.slice(at, at + 1000);
      const body = {
        inputs: signature.inputs.map((input) => ({
          name: input.name,
          datatype: input.datatype,
          shape: [part.length, 1],
          data: part.map((row) => row[input.name] ?? null),
        })),
      };
      const response = await fetch(`${connection.url}/v2/models/${route}/infer`, {
        method: "POST",
        headers: { "content-type": "application/json", "capstan-use": context.text("use") ?? "playground" },
        body: JSON.stringify(body),
      });
      const answer = (await response.json()) as { error?: string; outputs?: { name: string; data: unknown[] }[] };
      if (!response.ok || !answer.outputs)
        throw new CapstanError("CAP-REQUEST-001", { operation: "predict", problem: answer.error ?? `status ${response.status}` });
      part.forEach((_, i) =>
        lines.push(JSON.stringify(Object.fromEntries((answer.outputs ?? []).map((output) => [output.name, output.data[i]])))),
      );
    }
    const output = context.text("output");
    if (output === undefined) process.stdout.write(`${lines.join("\n")}\n`);
    else writeFileSync(resolve(context.cwd, output), `${lines.join("\n")}\n`);
    return 0;
  },
};
