import { resolve } from "node:path";
import { existsSync } from "node:fs";
import type { InputOf, OutputOf } from "@capstan/contract";
import type { Operations } from "@capstan/contract/operations";
import { CapstanError } from "../../base/foundation/errors.ts";
import type { Connection } from "../../connection.ts";
import type { Context } from "./context.ts";
import { count } from "./format.ts";
import { glyphs } from "./output.ts";
import type { Verb } from "./verbs.ts";

type Transfer = OutputOf<Operations["exchange.show"]>;

export const verb: Verb = {
  text: "Takes over what a store of MLflow holds: a server, a database, or an mlruns folder. Again brings only what is new.",
  usage: "import mlflow FROM [--plan] [--artifacts PLACE] [--experiment NAME]...",
  mostWords: 2,
  examples: [
    "import mlflow http://127.0.0.1:5000 --plan",
    "import mlflow mlflow.db",
    "import mlflow mlruns",
    "import mlflow postgres://ada@db/mlflow --artifacts s3://ml/artifacts",
  ],
  flags: {
    plan: { type: "boolean", text: "what it would do; nothing is changed" },
    "dry-run": { type: "boolean", text: "the same as --plan" },
    artifacts: { type: "string", text: "what mlflow-artifacts:/ is, or where artifacts were moved to: a folder or s3://..." },
    experiment: { type: "string", multiple: true, text: "only these, by name, and no registry; all unless said" },
    user: {
      type: "string",
      text: "for a server that wants name and password (MLFLOW_TRACKING_USERNAME, ..._PASSWORD); a token is MLFLOW_TRACKING_TOKEN",
    },
  },
  async run(context) {
    const { out } = context;
    const [kind, from] = context.words;
    if (kind !== "mlflow" || from === undefined)
      throw new CapstanError("CAP-USAGE-001", { problem: "write `import mlflow FROM`", verb: "import" });
    const artifacts = context.text("artifacts");
    const connection = await context.write();
    const input: InputOf<Operations["exchange.import"]> = {
      project: context.place().project,
      from: placeOf(context, from),
      plan: context.on("plan") || context.on("dry-run"),
      ...(artifacts !== undefined && { artifacts: placeOf(context, artifacts) }),
      ...orderOf(context),
    };
    const ended = await follow(context, connection, await connection.call("exchange.import", input));
    const result = ended.imported;
    if (!result) return endedCode(context, ended);
    out.event({ event: "result", ...result });
    const verb = ended.plan ? "would take" : "took";
    out.result(`${result.source}: ${verb} ${listed(result.taken)}`);
    if (Object.keys(result.updated).length > 0) out.result(`went on since: ${listed(result.updated)}`);
    if (Object.keys(result.same).length > 0) out.result(`here already: ${listed(result.same)}`);
    for (const note of result.notes) out.result(`  ${note}`);
    for (const one of result.left) out.result(`  not taken   ${count(one.count)} ${one.what}: ${one.why}`);
    for (const one of result.conflicts) out.result(`${glyphs.fail} ${one.code}  ${one.noun} ${one.id}: ${one.problem}`);
    if (result.conflictCount > result.conflicts.length) out.result(`  and ${count(result.conflictCount - result.conflicts.length)} more`);
    if (result.digest !== null)
      out.result(
        `${out.paint.verdict(result.differing === 0 ? "pass" : "fail", glyphs[result.differing === 0 ? "pass" : "fail"])} counted and compared   ${result.digest.slice(0, 12)}`,
      );
    return result.differing > 0 ? 1 : result.conflictCount > 0 ? 3 : 0;
  },
};

/** Addresses stay as they are; a path is where the command stands. */
export const placeOf = (context: Context, text: string): string => {
  if (/^(https?|postgres(ql)?(\+\w+)?|s3):\/\//i.test(text)) return text;
  const path = /^sqlite:\/\/\/(.*)$/i.exec(text)?.[1] ?? text.replace(/^file:\/\//i, "");
  return existsSync(path) && path.startsWith("/") ? path : resolve(context.cwd, path);
};

/** Credentials as MLflow's own clients find them: in the environment, so that they are in no list of processes. */
export function orderOf(context: Context): { experiments?: string[]; token?: string; user?: string; password?: string } {
  const { variables } = context.environment;
  const experiments = context.texts("experiment");
  const user = context.text("user") ?? variables["MLFLOW_TRACKING_USERNAME"];
  const [token, password] = [variables["MLFLOW_TRACKING_TOKEN"], variables["MLFLOW_TRACKING_PASSWORD"]];
  return {
    ...(experiments.length > 0 && { experiments }),
    ...(token && { token }),
    ...(user && { user, ...(password && { password }) }),
  };
}

export const listed = (counts: Readonly<Record<string, number>>): string =>
  Object.entries(counts)
    .map(([noun, n]) => `${count(n)} ${noun}`)
    .join(", ") || "nothing";

/** Shows how far it is until it has ended. Ctrl-C stops it; the same command goes on. */
export async function follow(context: Context, connection: Connection, begun: Transfer): Promise<Transfer> {
  const { out } = context;
  let shown = begun;
  let said = "";
  const stop = (): void => void connection.call("exchange.stop", { project: begun.project, transfer: begun.id }).catch(() => undefined);
  context.interrupted.addEventListener("abort", stop, { once: true });
  try {
    for (let waitMs = 20; shown.state === "running"; waitMs = Math.min(300, waitMs * 2)) {
      await new Promise((resolve) => setTimeout(resolve, waitMs));
      shown = await connection.call("exchange.show", { project: begun.project, transfer: begun.id });
      const { phase, found, taken, runs } = shown;
      const line = `${phase}  ${count(found["runs"] ?? 0)}${runs === null ? "" : ` of ${count(runs)}`} runs read, ${listed(taken)} new`;
      if (line === said) continue;
      said = line;
      out.live([line]);
      out.event({ event: "progress", phase, runs, found, taken });
    }
  } finally {
    context.interrupted.removeEventListener("abort", stop);
  }
  out.live([]);
  return shown;
}

/** Of a transfer without a result. */
export function endedCode({ out }: Context, ended: Transfer): number {
  if (ended.error)
    throw new CapstanError("CAP-EXCHANGE-004", {
      direction: ended.direction,
      code: ended.error.code,
      problem: ended.error.message,
      do: ended.error.do,
    });
  out.talk(`${ended.direction} stopped; the same command goes on where it stopped`);
  return 130;
}
