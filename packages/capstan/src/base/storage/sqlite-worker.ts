import { parentPort, workerData } from "node:worker_threads";
import type { Change, SqlValue } from "./database.ts";
import { SqliteConnection } from "./sqlite-connection.ts";

/** The thread of one connection. Messages: `{id, changes}` to a writer, `{id, sql, params}` to a reader, `{id, close: true}` to both. */
type Message = { id: number; changes?: readonly Change[]; sql?: string; params?: readonly SqlValue[]; close?: true };

const { path, mode } = workerData as { path: string; mode: "write" | "read" };
const port = parentPort;
if (!port) throw new Error("this file is the body of a worker thread");
const connection = new SqliteConnection(path, mode);

port.on("message", (message: Message) => {
  try {
    if (message.close) {
      connection.close();
      port.postMessage({ id: message.id });
      port.close();
    } else if (message.changes) {
      port.postMessage({ id: message.id, outcomes: connection.commitAll(message.changes) });
    } else {
      port.postMessage({ id: message.id, rows: connection.all(message.sql ?? "", message.params ?? []) });
    }
  } catch (error) {
    port.postMessage({ id: message.id, error: error instanceof Error ? error.message : String(error) });
  }
});
