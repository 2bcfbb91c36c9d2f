import { parentPort, workerData } from "node:worker_threads";
import { ChangeUnpacker, type PackedChanges, packOutcome } from "./packed-changes.ts";
import { refusalOf, SqliteConnection } from "./sqlite-connection.ts";

/** The thread of the one connection that writes. Messages: `{id, changes}`, `{id, ping: true}` and `{id, close: true}`. Answers carry the id; an answer with id -1 says that the database cannot be opened. */
type Message = { id: number; changes?: PackedChanges; ping?: true; close?: true };

const { path } = workerData as { path: string };
const port = parentPort;
if (!port) throw new Error("this file is the body of a worker thread");

const unpacker = new ChangeUnpacker();
const answer = (connection: SqliteConnection, message: Message): object => {
  if (message.changes) return { outcomes: connection.commitAll(unpacker.unpack(message.changes)).map(packOutcome) };
  return {};
};

try {
  const connection = new SqliteConnection(path, "write");
  port.on("message", (message: Message) => {
    try {
      if (message.close) connection.close();
      port.postMessage({ id: message.id, ...answer(connection, message) });
      if (message.close) port.close();
    } catch (error) {
      port.postMessage({ id: message.id, refused: refusalOf(error) });
    }
  });
} catch (error) {
  port.postMessage({ id: -1, refused: refusalOf(error, path) });
}
