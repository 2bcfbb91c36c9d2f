import { randomBytes } from "node:crypto";
import { type Database, statement } from "../storage/database.ts";
import type { Actor } from "./model.ts";

/** Names of those who act, and what the ledger calls them. Random, not derived from the name, so that erasing the row leaves no way back. */
export type Pseudonyms = {
  of(actor: Actor): Promise<string> | string;
  /** Undefined when the name was erased. */
  nameOf(pid: string): Promise<string | undefined>;
  forget(pid: string): void;
};

export function createPseudonyms(database: Database): Pseudonyms {
  const known = new Map<string, string | Promise<string>>();
  const make = async (actor: Actor): Promise<string> => {
    await database.commit([
      statement(
        "insert into pseudonym (pid, kind, name) values (?, ?, ?) on conflict (kind, name) do nothing",
        `p-${randomBytes(8).toString("hex")}`,
        actor.kind,
        actor.name,
      ),
    ]);
    const row = await database.find<{ pid: string }>("select pid from pseudonym where kind = ? and name = ?", [actor.kind, actor.name]);
    if (!row) throw new Error(`no pseudonym for a ${actor.kind}`);
    return row.pid;
  };
  return {
    of(actor) {
      const key = `${actor.kind}:${actor.name}`;
      const present = known.get(key);
      if (present !== undefined) return present;
      const making = make(actor).then(
        (pid) => {
          known.set(key, pid);
          return pid;
        },
        (error: unknown) => {
          known.delete(key);
          throw error;
        },
      );
      known.set(key, making);
      return making;
    },
    nameOf: async (pid) =>
      (await database.find<{ name: string | null }>("select name from pseudonym where pid = ?", [pid]))?.name ?? undefined,
    forget(pid) {
      for (const [key, value] of known) if (value === pid) known.delete(key);
    },
  };
}
