import { parentPort, workerData } from "node:worker_threads";
import type { Said as SaidByThread } from "../../../../base/foundation/threads.ts";
import { type DatabaseSource, openSnapshots } from "../../../../base/storage/snapshots.ts";
import { choose } from "./choose.ts";
import { foldsIntoAscii } from "./filtering.ts";
import { grouped, namesOfGroups } from "./grouping.ts";
import { columnOf, type ColumnName, nameText, type Question, type Said } from "./question.ts";
import { leavesOf } from "../vocabulary.ts";
import { CannotHold, follow, TooMuchToRead } from "./reading.ts";
import { RunTable } from "./table.ts";

/** The thread that keeps columns. Whatever fails, the table is made anew. */

const { source, memoryBytes } = workerData as { source: DatabaseSource; memoryBytes: number };
const port = parentPort;
if (!port) throw new Error("this file is the body of a worker thread");

/** What a run takes in the table itself, and a part that columns may have beside it. */
const rowBytes = 60;
const mostRows = Math.floor(memoryBytes / 2 / rowBytes);

const reader = await openSnapshots(source);
let table = new RunTable();

let foldsPlainly: boolean | undefined;
/** Whether PostgreSQL may take other letters for the same than columns do. */
async function foldedOtherwise(question: Question): Promise<boolean> {
  const caseless = leavesOf(question.filter).filter((one) => one.operator === "ILIKE");
  if (caseless.length === 0 || !("url" in source)) return false;
  if (foldsPlainly === undefined) {
    const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    await reader.read((snapshot) =>
      snapshot.each("select lower(cast(? as TEXT))", [letters], ([small]) => (foldsPlainly = small === letters.toLowerCase())),
    );
  }
  return !foldsPlainly || caseless.some((one) => mayFold(columnOf(one)));
}
const mayFold = (name: ColumnName | undefined): boolean => {
  const column = name && table.column(name).column;
  return column?.type === "text" && foldsIntoAscii(column);
};

async function answer(question: Question): Promise<Said> {
  const names = new Map<string, ColumnName>();
  for (const one of [...leavesOf(question.filter), ...question.order]) {
    const name = columnOf(one);
    if (name) names.set(nameText(name), name);
  }
  for (const name of question.groups ? namesOfGroups(question.groups) : []) names.set(nameText(name), name);
  const began = performance.now();
  const upToDate = (): Promise<void> => reader.read((snapshot) => follow(table, snapshot, question, [...names.values()], mostRows));
  try {
    await upToDate();
  } catch (error) {
    table = new RunTable();
    if (error instanceof TooMuchToRead) return { refused: error.at };
    if (!(error instanceof CannotHold)) throw error;
    // Other experiments may have taken the place that this search needs.
    try {
      await upToDate();
    } catch (again) {
      table = new RunTable();
      if (again instanceof TooMuchToRead) return { refused: again.at };
      if (again instanceof CannotHold) return { unanswered: again.message };
      throw again;
    }
  }
  if (await foldedOtherwise(question)) return { unanswered: "ILIKE" };
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

port.on("message", async ({ question }: { question: Question }) => {
  try {
    const found = await answer(question);
    const moved = "packed" in found && found.packed ? [found.packed.buffer] : [];
    port.postMessage({ answer: found } satisfies SaidByThread<Said>, moved);
  } catch (error) {
    port.postMessage({ failed: error instanceof Error ? error.message : String(error) } satisfies SaidByThread<Said>);
  }
});
