import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { Transfer } from "@capstan/contract/operations/exchange";
import { CapstanError } from "../../base/foundation/errors.ts";
import type { Connection } from "../../connection.ts";
import type { Context } from "./context.ts";
import { count, short } from "./format.ts";
import { glyphs } from "./output.ts";

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

const listed = (counts: Readonly<Record<string, number>>): string =>
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

/** The result for people, or as the last event; the exit code that follows from it. */
export function report({ out }: Context, ended: Transfer): number {
  const { result, error, direction } = ended;
  if (error) throw new CapstanError("CAP-EXCHANGE-004", { direction, code: error.code, problem: error.message, do: error.do });
  if (!result) {
    out.talk(`${direction} stopped; the same command goes on where it stopped`);
    return 130;
  }
  out.event({ event: "result", ...result });
  const did = direction === "import" ? (ended.plan ? "would take" : "took") : ended.plan ? "would write" : "wrote";
  out.result(`${result.place}: ${did} ${listed(result.taken)}`);
  if (Object.keys(result.updated).length > 0) out.result(`went on since: ${listed(result.updated)}`);
  if (Object.keys(result.same).length > 0) out.result(`${direction === "import" ? "here" : "there"} already: ${listed(result.same)}`);
  if (Object.keys(result.unread).length > 0)
    out.result(`not read again: ${listed(result.unread)}, of which the source says what it said before; \`--again\` reads everything`);
  for (const note of result.notes) out.result(`  ${note}`);
  for (const one of result.left) out.result(`  not taken   ${count(one.count)} ${one.what}: ${one.why}`);
  for (const one of result.conflicts) out.result(`${glyphs.fail} ${one.code}  ${one.noun} ${one.id}: ${one.problem}`);
  if (result.conflictCount > result.conflicts.length) out.result(`  and ${count(result.conflictCount - result.conflicts.length)} more`);
  const verdict = result.differing === 0 ? "pass" : "fail";
  if (result.digest !== null) out.result(`${out.paint.verdict(verdict, glyphs[verdict])} counted and compared   ${short(result.digest)}`);
  return result.differing > 0 ? 1 : result.conflictCount > 0 ? 3 : 0;
}
