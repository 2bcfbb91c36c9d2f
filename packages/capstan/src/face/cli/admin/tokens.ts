import type { Role } from "@capstan/contract";
import { CapstanError } from "../../../base/foundation/errors.ts";
import type { Context } from "../context.ts";
import { table } from "../format.ts";

export async function token(context: Context, word: string, id: string | undefined): Promise<number> {
  const { out } = context;
  const connection = await context.write();
  if (word === "list") {
    const { tokens } = await connection.call("access.tokens", {});
    out.document({ tokens });
    const rows = tokens.map((one) => [
      one.id,
      one.name,
      one.principal ?? "–",
      one.roles.join(", ") || "all of its own",
      one.revoked ? "revoked" : `until ${one.expires.slice(0, 10)}`,
    ]);
    for (const line of table(rows, "")) out.result(line);
    return 0;
  }
  if (word === "revoke") {
    if (id === undefined) throw new CapstanError("CAP-USAGE-001", { problem: "which token?", verb: "admin" });
    out.document(await connection.call("access.revoke", { id }));
    out.result(`${id} is revoked.`);
    return 0;
  }
  const only = context.texts("only");
  const user = context.text("user");
  const roles = context.texts("role") as Exclude<Role, "attempt">[];
  if (roles.length === 0 && user === undefined)
    throw new CapstanError("CAP-USAGE-001", { problem: "which role? Or whose token: --user", verb: "admin" });
  const made = await connection.call("access.issue", {
    name: word,
    roles,
    days: Number(context.text("days") ?? 90),
    ...(user !== undefined && { principal: user }),
    ...(only.length > 0 && { projects: only }),
  });
  out.document(made);
  out.talk(`token ${made.id}; shown this once:`);
  out.result(made.token);
  return 0;
}
