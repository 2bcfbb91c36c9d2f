import { DatabaseSync } from "node:sqlite";

/** The right to write a store. Held by the operating system for as long as the process lives: after `kill -9` it is free at once, there is nothing to clean up. */
export type Lease = { release(): void };

/** Takes the lease of a store, or undefined when another process has it. */
export function takeLease(path: string): Lease | undefined {
  const database = new DatabaseSync(path, { timeout: 0 });
  try {
    // An open exclusive transaction on a file of its own: a lock that the kernel gives back when the process ends.
    database.exec("pragma journal_mode=delete; pragma locking_mode=exclusive; begin exclusive");
  } catch (error) {
    database.close();
    // SQLITE_BUSY: somebody else holds it
    if (error instanceof Error && "errcode" in error && error.errcode === 5) return undefined;
    throw error;
  }
  return {
    release() {
      if (database.isTransaction) database.exec("rollback");
      database.close();
    },
  };
}
