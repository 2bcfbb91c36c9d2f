import type { Role } from "@capstan/contract";
import { resolve } from "node:path";
import { CapstanError } from "../../base/foundation/errors.ts";
import type { Context } from "./context.ts";
import { bytes } from "./format.ts";
import { glyphs } from "./output.ts";
import { verdictCode } from "./verdict-code.ts";
import type { Verb } from "./verbs.ts";

export const verb: Verb = {
  text: "What administrators do: token (make, list, revoke), backup and restore of the store.",
  usage: "admin token NAME --role R [--role R] | admin token list | admin token revoke ID | admin backup FOLDER | admin restore FOLDER",
  mostWords: 3,
  examples: ["admin token ci --role contributor", "admin token list", "admin backup /backups/monday"],
  flags: {
    role: { type: "string", multiple: true, text: "viewer contributor operator reviewer second-line sponsor auditor admin service" },
    days: { type: "string", text: "until it ends; 90" },
    only: { type: "string", multiple: true, text: "projects it is good for; all unless said" },
  },
  async run(context) {
    const { out } = context;
    const [noun, word, id] = context.words;
    if (noun === "backup" && word !== undefined) return backup(context, resolve(context.cwd, word));
    if (noun === "restore" && word !== undefined) return restore(context, resolve(context.cwd, word));
    if (noun !== "token" || word === undefined)
      throw new CapstanError("CAP-USAGE-001", {
        problem: "write `admin token NAME --role R`, `admin backup FOLDER` or `admin restore FOLDER`",
        verb: "admin",
      });
    const connection = await context.write();
    if (word === "list") {
      const { tokens } = await connection.call("access.tokens", {});
      out.document({ tokens });
      for (const one of tokens)
        out.result(
          `${one.id}  ${one.name.padEnd(20)} ${one.roles.join(", ").padEnd(24)} ${one.revoked ? "revoked" : `until ${one.expires.slice(0, 10)}`}`,
        );
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
    const made = await connection.call("access.issue", {
      name: word,
      roles,
      days: Number(context.text("days") ?? 90),
      ...(only.length > 0 && { projects: only }),
    });
    out.document(made);
    out.talk(`token ${made.id}; shown this once:`);
    out.result(made.token);
    return 0;
  },
};

/** While the store is in use or not: it is read beside its host. */
async function backup({ out, place, environment }: Context, target: string): Promise<number> {
  const { backupStore } = await import("../../base/storage/backup.ts");
  const made = await backupStore({ place: place(), environment, target, nowMs: Date.now() });
  out.document({ folder: target, ...made });
  out.result(`${target}: database, ${made.blobs} objects, ${bytes(made.blobBytes)}`);
  for (const digest of made.damaged) out.result(`${glyphs.fail} object ${digest} is damaged in the store and not in the backup`);
  out.talk("the signing key is not in it: back up the folder `keys` of your state folder apart from it");
  return made.damaged.length > 0 ? 3 : 0;
}

/** Into a project without a store; ends by verifying the record. */
async function restore(context: Context, from: string): Promise<number> {
  const { out } = context;
  const { restoreStore } = await import("../../base/storage/backup.ts");
  const place = context.place();
  const { storeFolder } = place;
  const made = await restoreStore({ backup: from, place, environment: context.environment });
  out.talk(`${storeFolder}: database, ${made.blobs} objects, ${bytes(made.blobBytes)}, as of ${new Date(made.madeMs).toISOString()}`);
  const verified = await (await context.read()).call("record.verify", { deep: false });
  out.document({ folder: storeFolder, ...made, verified });
  for (const part of verified.parts)
    out.result(`${out.paint.verdict(part.verdict, glyphs[part.verdict])} ${part.part.padEnd(11)} ${part.text}`);
  return verdictCode(verified.verdict);
}
