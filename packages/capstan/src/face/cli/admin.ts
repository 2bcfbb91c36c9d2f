import type { Role } from "@capstan/contract";
import { CapstanError } from "../../base/foundation/errors.ts";
import type { Verb } from "./verbs.ts";

export const verb: Verb = {
  text: "What administrators do: token (make, list, revoke).",
  usage: "admin token NAME --role R [--role R] | admin token list | admin token revoke ID",
  examples: ["admin token ci --role contributor", "admin token list"],
  flags: { role: { type: "string", multiple: true, text: "viewer contributor operator reviewer second-line sponsor auditor admin service" }, days: { type: "string", text: "until it ends; 90" }, only: { type: "string", multiple: true, text: "projects it is good for; all unless said" } },
  async run(context) {
    const { out } = context;
    const [noun, word, id] = context.words;
    if (noun !== "token" || word === undefined) throw new CapstanError("CAP-USAGE-001", { problem: "write `admin token NAME --role R`", verb: "admin" });
    const connection = await context.write();
    if (word === "list") {
      const { tokens } = await connection.call("access.tokens", {});
      out.document({ tokens });
      for (const one of tokens) out.result(`${one.id}  ${one.name.padEnd(20)} ${one.roles.join(", ").padEnd(24)} ${one.revoked ? "revoked" : `until ${one.expires.slice(0, 10)}`}`);
      return 0;
    }
    if (word === "revoke") {
      if (id === undefined) throw new CapstanError("CAP-USAGE-001", { problem: "which token?", verb: "admin" });
      out.document(await connection.call("access.revoke", { id }));
      out.result(`${id} is revoked.`);
      return 0;
    }
    const only = context.texts("only");
    const roles = context.texts("role") as Exclude<Role, "attempt">[];
    if (roles.length === 0) throw new CapstanError("CAP-USAGE-001", { problem: "which role?", verb: "admin" });
    const made = await connection.call("access.issue", { name: word, roles, days: Number(context.text("days") ?? 90), ...(only.length > 0 && { projects: only }) });
    out.document(made);
    out.talk(`token ${made.id}; shown this once:`);
    out.result(made.token);
    return 0;
  },
};
