import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { join } from "node:path";
import { mkdirSync } from "node:fs";
import { logisticModel } from "../packages/capstan/src/build/inference/tiny-onnx.ts";
import { describeWith } from "../packages/capstan/src/testing/needs.ts";
import { findPostgres, startPostgres, type TestPostgres } from "../packages/capstan/src/testing/postgres.ts";
import { type Command, makePlace, type Place, until } from "./testing/processes.ts";

/** One step that waits for a gate. */
const route = `
models:
  late: {}
routes:
  late:
    model: late
    release: { strategy: canary, shadow: false, steps: [50%], each: { time: 1h, rows: 1000000 } }
`;
const files = {
  "capstan.yaml": "capstan: 1\nproject: small\nsteps:\n  work: { run: node work.mjs, out: work.txt }\n",
  "work.mjs": `import { writeFileSync } from "node:fs";\nimport { note, pass } from "./held.mjs";\nnote("work");\nawait pass("work");\nwriteFileSync("work.txt", "1");\n`,
};

describeWith("two servers on one PostgreSQL database", "a PostgreSQL server (package postgresql)", findPostgres(), (bin) => {
  let server: TestPostgres;
  let url: string;
  let place: Place;
  beforeAll(async () => void (server = await startPostgres(bin)));
  afterAll(() => server.stop());
  afterEach(() => place.close());

  const rows = (sql: string): Promise<Record<string, unknown>[]> => server.query(url, sql);
  /** A server on a folder of its own; objects are in one that all reach. */
  const serve = async (name: string): Promise<{ command: Command; url: string; ask(...words: string[]): ReturnType<Place["run"]> }> => {
    const data = join(place.root, name);
    mkdirSync(data, { recursive: true });
    const at = ["--data", data, "--database", url, "--blobs", join(place.root, "objects")];
    const command = place.start("server", "--port", "0", "--json", ...at);
    const ready = await command.document("it serves", (one) => one.event === "ready");
    return { command, url: ready.url as string, ask: (...words) => place.run(...words, ...at) };
  };
  const open = async (): Promise<void> => {
    url = await server.createDatabase();
    place = await makePlace({ files });
  };

  test("what one does is told by the other within a second", async () => {
    await open();
    const [a, b] = [await serve("a"), await serve("b")];
    const heard = listen(b.url);
    await until("b speaks", () => heard.text().includes("retry"));
    const began = performance.now();
    const made = await fetch(`${a.url}/api/2.0/mlflow/experiments/create`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ name: "from a" }),
    });
    expect(made.status).toBe(200);
    const told = JSON.stringify("experiment.created");
    await until("b tells of the entry", () => heard.text().includes(told));
    const tookMs = performance.now() - began;
    console.log(`heard after ${Math.round(tookMs)} ms`);
    expect(tookMs).toBeLessThan(1000);
    heard.close();
    // Both name the store by one id and know one record.
    expect(JSON.parse((await b.ask("api", "record.head", "--json")).stdout)).toMatchObject({
      size: JSON.parse((await a.ask("api", "record.head", "--json")).stdout).size,
    });
    expect(await b.ask("verify")).toMatchObject({ code: 0 });
  });

  test("a route that one releases is served by the other; a release in motion is taken back at any of them, and goes on when its process is killed", async () => {
    await open();
    place.write("capstan.yaml", files["capstan.yaml"] + route);
    place.write("one.onnx", logisticModel({ a: 1 }, 0));
    place.write("two.onnx", logisticModel({ a: 1.01 }, 0));
    const [a, b] = [await serve("a"), await serve("b")];
    const version = async (at: string): Promise<unknown> => {
      const answer = await fetch(`${at}/v2/models/late/infer`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ inputs: [{ name: "a", datatype: "FP32", shape: [1], data: [0.5] }] }),
      });
      return answer.status === 200 ? ((await answer.json()) as { model_version?: string }).model_version : answer.status;
    };
    for (const file of ["one.onnx", "two.onnx"]) expect(await a.ask("register", "late", file)).toMatchObject({ code: 0 });
    expect(await a.ask("release", "late@v1", "--override", "-m", "first of its kind")).toMatchObject({ code: 0 });
    await until("b serves it, too", async () => (await version(b.url)) === "1");
    expect(await version(a.url)).toBe("1");

    const moving = a.ask("release", "late@v2", "--override", "-m", "to be taken back");
    await until("half of b's answers come from the canary", async () => (await version(b.url)) === "2");
    expect(await b.ask("rollback", "late", "-m", "not today")).toMatchObject({ code: 0 });
    expect(new Set(await Promise.all(Array.from({ length: 20 }, () => version(b.url))))).toEqual(new Set(["1"]));
    await until("a serves what was before", async () =>
      (await Promise.all(Array.from({ length: 20 }, () => version(a.url)))).every((one) => one === "1"),
    );
    expect((await moving).code).toBe(3);

    const left = a.ask("release", "late@v2", "--override", "-m", "once more", "--detach");
    await until("b serves the second canary", async () => (await version(b.url)) === "2");
    await left;
    const [duty] = await rows("select host from duty");
    a.command.kill("SIGKILL");
    await until("b moves the release", async () => {
      const [now] = await rows("select host from duty");
      return now !== undefined && now["host"] !== duty?.["host"];
    });
    expect(await b.ask("rollback", "late", "-m", "enough")).toMatchObject({ code: 0 });
    expect(await rows("select state from release order by number")).toEqual([
      { state: "live" },
      { state: "rolled_back" },
      { state: "rolled_back" },
    ]);
    expect(await b.ask("verify")).toMatchObject({ code: 0 });
  });

  test("a job is run by one of them", async () => {
    await open();
    const [a, b] = [await serve("a"), await serve("b")];
    place.open("work");
    await rows(
      `insert into job (id, project, kind, payload, state, due_ms, attempts, max_attempts, lease_ms, fence, created_ms) values ('J1', 'small', 'trigger.run', '${JSON.stringify({ trigger: "late", incident: "I-1", set: [] })}', 'waiting', 0, 0, 3, 0, 0, 0)`,
    );
    await until("the job is done", async () => (await rows("select state from job"))[0]?.["state"] === "done");
    expect(await rows("select attempts::int, error from job")).toEqual([{ attempts: 1, error: null }]);
    expect(place.noted()).toEqual(["work"]);
    expect([a.command.running, b.command.running]).toEqual([true, true]);
  });

  test("a step of a server that lives is left alone; when it is killed, the other carries on with all that was acknowledged", async () => {
    await open();
    const [a, b] = [await serve("a"), await serve("b")];
    const run = a.ask("run", "--json");
    await until("the step runs", () => place.noted().includes("work"));
    const [before] = await rows("select host, token::int from attempt");
    // It says that it lives less often than it looks for what others left.
    const said = async (): Promise<unknown> =>
      (await rows(`select until_ms::float8 as until from host where id <> '${String(before?.["host"])}'`))[0]?.["until"];
    const first = await said();
    await until("b has looked meanwhile", async () => (await said()) !== first);
    expect(await rows("select host, token::int from attempt")).toEqual([before]);

    // Acknowledged by a a moment before its end: perhaps not yet in the tree.
    const names = ["kept 1", "kept 2", "kept 3", "kept 4"];
    for (const name of names) {
      const made = await fetch(`${a.url}/api/2.0/mlflow/experiments/create`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ name }),
      });
      expect(made.status).toBe(200);
    }
    a.command.kill("SIGKILL");
    await a.command.ended;
    await until("b gives an index to what a left", async () => (await rows("select id from entry where idx is null")).length === 0);
    expect((await rows("select name from experiment where name like 'kept %'")).length).toBe(names.length);
    // The command that worked through a takes its folder over, and its attempt; or b does, once a's time is over.
    place.open("work");
    expect(await run).toMatchObject({ code: 0 });
    expect(place.noted()).toEqual(["work"]);
    expect(await rows("select state, count(*)::int as n from attempt group by state")).toEqual([{ state: "committed", n: 1 }]);
    expect(await b.ask("verify")).toMatchObject({ code: 0 });
    const gaps = await rows("select count(*)::int as n, max(idx)::int as last, count(distinct idx)::int as different from entry");
    expect(gaps[0]?.["n"]).toBe(Number(gaps[0]?.["last"]) + 1);
    expect(gaps[0]?.["different"]).toBe(gaps[0]?.["n"]);
  });

  test("what a killed server ran is adopted by the other when its time is over", async () => {
    await open();
    const [a, b] = [await serve("a"), await serve("b")];
    const run = a.ask("api", "pipeline.run", "project=small", "--json");
    await until("the step runs", () => place.noted().includes("work"));
    await run;
    a.command.kill("SIGKILL");
    const [before] = await rows("select host from attempt");
    const began = performance.now();
    await until("b has it", async () => (await rows("select host from attempt"))[0]?.["host"] !== before?.["host"]);
    console.log(`adopted after ${Math.round(performance.now() - began)} ms`);
    place.open("work");
    await until("it is committed", async () => (await rows("select state from attempt"))[0]?.["state"] === "committed");
    expect(place.noted()).toEqual(["work"]);
    expect(await rows("select state from pipeline_run")).toEqual([{ state: "lost" }]);
    expect(await b.ask("run")).toMatchObject({ code: 0, stdout: expect.stringContaining("Nothing to run") });
    expect(await b.ask("verify")).toMatchObject({ code: 0 });
  });
});

function listen(url: string): { text(): string; close(): void } {
  const abort = new AbortController();
  let text = "";
  void (async () => {
    const response = await fetch(`${url}/api/v1/events`, { signal: abort.signal });
    const decoder = new TextDecoder();
    for await (const piece of response.body ?? []) text += decoder.decode(piece as Uint8Array, { stream: true });
  })().catch(() => undefined);
  return { text: () => text, close: () => abort.abort() };
}
