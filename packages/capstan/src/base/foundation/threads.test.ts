import { expect, test } from "vitest";
import { Threads } from "./threads.ts";

const body = `
import { parentPort, threadId } from "node:worker_threads";
parentPort.on("message", ({ question }) => {
  if (question === "die") throw new Error("broken");
  if (question === "wrong") return parentPort.postMessage({ failed: "no such thing" });
  setTimeout(() => parentPort.postMessage({ answer: [question, threadId] }), question === "slow" ? 100 : 0);
});`;
const threads = (atMost: number): Threads<unknown, [unknown, number]> =>
  new Threads({ file: new URL(`data:text/javascript,${encodeURIComponent(body)}`), workerData: {}, atMost });

test("a long question holds up no short one while another thread may be started", async () => {
  const two = threads(2);
  const order: unknown[] = [];
  await two.ask("first");
  const slow = two.ask("slow").then(([said]) => order.push(said));
  const answers = await Promise.all([1, 2, 3].map((n) => two.ask(n)));
  order.push("short");
  await slow;
  expect(order).toEqual(["short", "slow"]);
  expect(answers.map(([said]) => said)).toEqual([1, 2, 3]);
  await two.close();
});

test("a thread that breaks fails its question alone, and the next one starts another", async () => {
  const one = threads(1);
  const all = await Promise.allSettled(["wrong", "die", "a", () => 1, "b"].map((question) => one.ask(question)));
  const said = all.map((each) => (each.status === "rejected" ? (each.reason as Error).message : each.value[0]));
  expect(said).toEqual(["no such thing", "broken", "a", expect.stringContaining("could not be cloned"), "b"]);
  const waiting = Promise.allSettled([one.ask("slow"), one.ask("c")]);
  await one.close();
  expect((await waiting).map((each) => each.status)).toEqual(["rejected", "rejected"]);
  expect((await one.ask("again"))[0]).toBe("again");
  await one.close();
});
