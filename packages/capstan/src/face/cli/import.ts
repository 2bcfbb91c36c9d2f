import type { InputOf } from "@capstan/contract";
import type { Operations } from "@capstan/contract/operations";
import { CapstanError } from "../../base/foundation/errors.ts";
import { follow, orderOf, placeOf, report } from "./transfer.ts";
import type { Verb } from "./verbs.ts";

export const verb: Verb = {
  text: "Takes over what a store of MLflow holds: a server, a database, or an mlruns folder. Again brings only what is new.",
  usage: "import mlflow FROM [--plan] [--again] [--artifacts PLACE] [--experiment NAME]...",
  mostWords: 2,
  examples: [
    "import mlflow http://127.0.0.1:5000 --plan",
    "import mlflow mlflow.db",
    "import mlflow mlruns",
    "import mlflow postgres://ada@db/mlflow --artifacts s3://ml/artifacts",
  ],
  flags: {
    plan: { type: "boolean", text: "what it would do; nothing is changed" },
    again: { type: "boolean", text: "read runs again that the source says are unchanged" },
    "dry-run": { type: "boolean", text: "the same as --plan" },
    artifacts: { type: "string", text: "what mlflow-artifacts:/ is, or where artifacts were moved to: a folder or s3://..." },
    experiment: { type: "string", multiple: true, text: "only these, by name, and no registry; all unless said" },
    user: {
      type: "string",
      text: "for a server that wants name and password (MLFLOW_TRACKING_USERNAME, ..._PASSWORD); a token is MLFLOW_TRACKING_TOKEN",
    },
  },
  async run(context) {
    const [kind, from] = context.words;
    if (kind !== "mlflow" || from === undefined)
      throw new CapstanError("CAP-USAGE-001", { problem: "write `import mlflow FROM`", verb: "import" });
    const artifacts = context.text("artifacts");
    const connection = await context.write();
    const input: InputOf<Operations["exchange.import"]> = {
      project: context.place().project,
      from: placeOf(context, from),
      plan: context.on("plan") || context.on("dry-run"),
      again: context.on("again"),
      ...(artifacts !== undefined && { artifacts: placeOf(context, artifacts) }),
      ...orderOf(context),
    };
    const ended = await follow(context, connection, await connection.call("exchange.import", input));
    return report(context, ended);
  },
};
