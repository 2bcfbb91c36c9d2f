import type { OperationName } from "@capstan/contract/operations";
import { CapstanError } from "../../base/foundation/errors.ts";
import { outline } from "./outline.ts";
import type { Verb } from "./verbs.ts";

/** Forms of references and the operation that shows what they name. */
const forms: readonly { pattern: RegExp; operation: OperationName; input(match: RegExpExecArray): Record<string, string> }[] = [
  { pattern: /^run:(\d+)$/, operation: "pipeline.show", input: ([, run = ""]) => ({ run }) },
  { pattern: /^(?:run:)?([0-9a-f]{32})$/, operation: "runs.get", input: ([, run = ""]) => ({ run }) },
  { pattern: /^(R-\d+)$/, operation: "releases.get", input: ([, release = ""]) => ({ release }) },
  { pattern: /^(INC-\d+)$/, operation: "incidents.get", input: ([, incident = ""]) => ({ incident }) },
  { pattern: /^(AL-\d+)$/, operation: "alerts.get", input: ([, alert = ""]) => ({ alert }) },
  {
    pattern: /^data:([a-z][a-z0-9-]*)@(.+)$/,
    operation: "data.version",
    input: ([, dataset = "", version = ""]) => ({ dataset, version }),
  },
  { pattern: /^data:([a-z][a-z0-9-]*)$/, operation: "data.get", input: ([, dataset = ""]) => ({ dataset }) },
  { pattern: /^entry:(\w+)$/, operation: "record.entry", input: ([, entry = ""]) => ({ entry }) },
  { pattern: /^check:(\w+)$/, operation: "checks.result", input: ([, result = ""]) => ({ result }) },
  { pattern: /^route:([a-z][a-z0-9-]*)$/, operation: "routes.get", input: ([, route = ""]) => ({ route }) },
  { pattern: /^monitor:([a-z][a-z0-9-]*)$/, operation: "monitors.get", input: ([, monitor = ""]) => ({ monitor }) },
  {
    pattern: /^(?:model:)?([a-z][a-z0-9-]*)@(.+)$/,
    operation: "models.version",
    input: ([, model = "", version = ""]) => ({ model, version }),
  },
  { pattern: /^(?:model:)?([a-z][a-z0-9-]*)$/, operation: "models.get", input: ([, model = ""]) => ({ model }) },
];

export const verb: Verb = {
  text: "One thing: its facts, evidence and entries.",
  usage: "show REF",
  mostWords: 1,
  examples: ["show R-2", "show late-arrival@live", "show run:1", "show entry:6", "show INC-1"],
  flags: {},
  async run(context) {
    const [word = ""] = context.words;
    for (const form of forms) {
      const match = form.pattern.exec(word);
      if (!match) continue;
      // What is served is known by who serves.
      const connection = form.operation === "routes.get" ? await context.write() : await context.read();
      const answer = await connection.call(form.operation, { project: context.place().project, ...form.input(match) } as never);
      context.out.document(answer);
      for (const line of outline(answer as Record<string, unknown>)) context.out.result(line);
      return 0;
    }
    throw new CapstanError("CAP-USAGE-001", { problem: word === "" ? "show what?" : `${word} is no reference`, verb: "show" });
  },
};
