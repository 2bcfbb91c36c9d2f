import { expect, test } from "vitest";
import { openTestStore } from "../../testing/store.ts";
import { createJobs, jobMigrations } from "./jobs.ts";

const open = async () => {
  const opened = await openTestStore(jobMigrations);
  let nowMs = 1_000_000;
  const clock = { nowMs: () => nowMs };
  const jobs = createJobs({ ...opened.store, clock });
  return { ...opened, jobs, clock, pass: (ms: number) => (nowMs += ms), other: () => createJobs({ ...opened.store, clock }) };
};

test("a job runs once when due, and a second with its key is the same", async () => {
  const { store, jobs, pass, close } = await open();
  const seen: unknown[] = [];
  jobs.register("count", async (job) => {
    seen.push(job.payload);
    return seen.length;
  });
  await store.database.commit([
    jobs.enqueue({ project: "p", kind: "count", payload: 1, dueMs: 1_000_500, key: "k" }),
    jobs.enqueue({ project: "p", kind: "count", payload: 2, key: "k" }),
  ]);
  expect(await jobs.runDue()).toBe(0);
  pass(1000);
  expect(await jobs.runDue()).toBe(1);
  expect(await jobs.runDue()).toBe(0);
  expect(seen).toEqual([1]);
  expect((await jobs.list("p"))[0]).toMatchObject({ state: "done", result: 1, attempts: 1 });
  await close();
});

test("failures are retried with growing pauses, then given up", async () => {
  const { store, jobs, pass, close } = await open();
  jobs.register("fail", async () => {
    throw new Error("no");
  });
  await store.database.commit([jobs.enqueue({ project: "p", kind: "fail", payload: null, maxAttempts: 2 })]);
  expect(await jobs.runDue()).toBe(1);
  pass(999);
  expect(await jobs.runDue()).toBe(0);
  pass(1);
  expect(await jobs.runDue()).toBe(1);
  expect((await jobs.list("p"))[0]).toMatchObject({ state: "failed", error: "no", attempts: 2 });
  await close();
});

test("two runners never take one job; a lease that ended is taken over and the first cannot write", async () => {
  const { store, jobs, other, pass, close } = await open();
  const second = other();
  let release = (): void => {};
  const ran: string[] = [];
  const held = new Promise<void>((resolve) => (release = resolve));
  let began = (): void => {};
  const started = new Promise<void>((resolve) => (began = resolve));
  jobs.register("work", async () => {
    ran.push("first");
    began();
    await held;
    return "first";
  });
  second.register("work", async () => {
    ran.push("second");
    return "second";
  });
  await store.database.commit([jobs.enqueue({ project: "p", kind: "work", payload: null })]);
  const running = jobs.runDue();
  await started;
  expect(await second.runDue()).toBe(0);
  pass(60_000);
  expect(await second.runDue()).toBe(1);
  release();
  await running;
  expect(ran).toEqual(["first", "second"]);
  expect((await jobs.list("p"))[0]).toMatchObject({ state: "done", result: "second" });
  await close();
});

test("a cancelled job is not run, and a running one is told", async () => {
  const { store, jobs, close } = await open();
  let told = false;
  jobs.register(
    "long",
    (job, signal) =>
      new Promise((resolve) => {
        signal.addEventListener("abort", () => {
          told = true;
          resolve(null);
        });
        void jobs.cancel(job.id);
      }),
  );
  await store.database.commit([jobs.enqueue({ project: "p", kind: "long", payload: null })]);
  await jobs.runDue();
  expect(told).toBe(true);
  expect((await jobs.list("p"))[0]?.state).toBe("cancelled");
  await close();
});

test("what still waits of one kind is found among any number of others", async () => {
  const { store, jobs, close } = await open();
  const draft = (kind: string, key: string) => jobs.enqueue({ project: "p", kind, payload: key, key });
  await store.database.commit([draft("rare", "first"), ...Array.from({ length: 600 }, (_, i) => draft("common", `c${i}`))]);
  await store.database.commit([jobs.enqueue({ project: "other", kind: "rare", payload: "elsewhere" })]);
  expect((await jobs.waiting("p", "rare")).map((job) => job.payload)).toEqual(["first"]);
  await jobs.cancel((await jobs.waiting("p", "rare"))[0]?.id ?? "");
  expect(await jobs.waiting("p", "rare")).toEqual([]);
  await close();
});
