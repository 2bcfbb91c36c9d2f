import { parentPort, workerData } from "node:worker_threads";
import type { Said } from "../foundation/threads.ts";
import { refusalOf, SqliteConnection } from "./sqlite-connection.ts";
import type { Read, ReadAnswer } from "./sqlite-readers.ts";

/** A thread that reads on a connection of its own. */
const { path } = workerData as { path: string };
const port = parentPort;
if (!port) throw new Error("this file is the body of a worker thread");

let connection: SqliteConnection | undefined;
const answerOf = ({ sql, params }: Read): ReadAnswer => {
  try {
    connection ??= new SqliteConnection(path, "read");
    return { rows: connection.all(sql, params) };
  } catch (error) {
    return { refused: refusalOf(error, path) };
  }
};
port.on("message", ({ question }: { question: Read }) => {
  port.postMessage({ answer: answerOf(question) } satisfies Said<ReadAnswer>);
});
