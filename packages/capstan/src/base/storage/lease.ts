import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { CapstanError } from "../foundation/errors.ts";
import { isWritable, sqliteCode } from "./sqlite-connection.ts";

/** The right to write a store. Held by the operating system for as long as the process lives: after `kill -9` it is free at once, there is nothing to clean up. */
export type Lease = { release(): void };

/** Takes the lease of a store, or undefined when another process has it. CAP-STORE-004 where nothing can be written. */
export function takeLease(path: string): Lease | undefined {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path, { timeout: 0 });
    // An open exclusive transaction on a file of its own: a lock that the kernel gives back when the process ends.
    database.exec("pragma journal_mode=delete; pragma locking_mode=exclusive; begin exclusive");
  } catch (error) {
    database?.close();
    const kind = sqliteCode(error) & 0xff;
    // SQLITE_BUSY: somebody else holds it
    if (kind === 5) return undefined;
    // SQLITE_READONLY, and SQLITE_CANTOPEN in a folder that cannot be written
    if (kind === 8 || (kind === 14 && !isWritable(dirname(path)))) throw new CapstanError("CAP-STORE-004", {}, { cause: error });
    throw error;
  }
  const held = database;
  return {
    release() {
      if (held.isTransaction) held.exec("rollback");
      held.close();
    },
  };
}
