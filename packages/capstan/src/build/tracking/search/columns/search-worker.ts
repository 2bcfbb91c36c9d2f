import { parentPort, workerData } from "node:worker_threads";
import { type DatabaseSource, openSnapshots } from "../../../../base/storage/snapshots.ts";
import { choose } from "./choose.ts";
import { grouped, namesOfGroups } from "./grouping.ts";
import { type Answer, columnOf, type ColumnName, type Question, type Unanswered } from "./question.ts";
import { CannotHold, follow } from "./reading.ts";
import { RunTable } from "./table.ts";

/** The thread that keeps columns. Messages: `{id, question}`, `{id, close: true}`; answers carry the id. Whatever fails, the table is made anew. */
type Message = { id: number; question?: Question; close?: true };

const { source, memoryBytes } = workerData as { source: DatabaseSource; memoryBytes: number };
const port = parentPort;
if (!port) throw new Error("this file is the body of a worker thread");

/** What a run takes in the table itself, and a part that columns may have beside it. */
const rowBytes = 60;
const mostRows = Math.floor(memoryBytes / 2 / rowBytes);

const reader = await openSnapshots(source);
let table = new RunTable();

async function answer(question: Question): Promise<Answer | Unanswered> {
  const names = new Map<string, ColumnName>();
  for (const one of [...question.filter, ...question.order]) {
    const name = columnOf(one);
    if (name) names.set(`${name.entity} ${name.key}`, name);
  }
  for (const name of question.groups ? namesOfGroups(question.groups) : []) names.set(`${name.entity} ${name.key}`, name);
  const began = performance.now();
  const upToDate = (): Promise<void> => reader.read((snapshot) => follow(table, snapshot, question, [...names.values()], mostRows));
  try {
    await upToDate();
  } catch (error) {
    table = new RunTable();
    if (!(error instanceof CannotHold)) throw error;
    // Other experiments may have taken the place that this search needs.
    try {
      await upToDate();
    } catch (again) {
      table = new RunTable();
      if (again instanceof CannotHold) return { unanswered: again.message };
      throw again;
    }
  }
  const read = performance.now();
  const chosen = question.groups
    ? { ids: [], last: undefined, total: undefined, groups: grouped(table, question, question.groups) }
    : choose(table, question);
  const chose = performance.now();
  table.trim(memoryBytes, names.size);
  const { bytes } = table;
  if (bytes > memoryBytes) table = new RunTable();
  return chosen ? { ...chosen, readMs: read - began, chooseMs: chose - read, bytes } : { unanswered: "a token of another form" };
}

let before: Promise<unknown> = Promise.resolve();
port.on("message", (message: Message) => {
  before = before.then(async () => {
    if (message.close) {
      await reader.close();
      port.postMessage({ id: message.id });
      return port.close();
    }
    try {
      const found = message.question && (await answer(message.question));
      const moved = found && "packed" in found && found.packed ? [found.packed.buffer] : [];
      port.postMessage({ id: message.id, answer: found }, moved);
    } catch (error) {
      port.postMessage({ id: message.id, failed: error instanceof Error ? error.message : String(error) });
    }
  });
});
