import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, afterEach, expect, test } from "vitest";
import { describeWith } from "../packages/capstan/src/testing/needs.ts";
import { type Command, type Document, type Ended, makePlace, type Place, until } from "./testing/processes.ts";

const files = {
  "capstan.yaml": `capstan: 1
project: small
steps:
  first: { run: node first.mjs, out: first.txt }
  last: { run: node last.mjs, in: { first: step:first.first }, out: last.txt }
`,
  "first.mjs": `import { writeFileSync } from "node:fs";\nimport { note } from "./held.mjs";\nnote("first");\nwriteFileSync("first.txt", "one");\n`,
  "last.mjs": `import { readFileSync, writeFileSync } from "node:fs";\nimport { note } from "./held.mjs";\nnote("last");\nwriteFileSync("last.txt", readFileSync("first.txt", "utf8") + " two");\n`,
};

let place: Place;
afterEach(() => place.close());

const refused = (ended: Ended, code: string, exit: number): void =>
  expect([ended.code, ended.stderr]).toEqual([exit, expect.stringMatching(new RegExp(`^error ${code} .*\\n(  .*\\n)*  do     `, "m"))]);
const blobPath = (content: string): string => {
  const digest = execFileSync("sha256sum", { input: content }).toString().slice(0, 64);
  return join(place.storeFolder, "blobs", digest.slice(0, 2), digest.slice(2));
};
const inStore = (change: (database: DatabaseSync) => void): void => {
  const database = new DatabaseSync(join(place.storeFolder, "capstan.db"));
  change(database);
  database.close();
};

test("a store in a folder that cannot be written is read; a change is refused and says why", async () => {
  // The administrator may write everywhere, so that somebody else must try.
  const nobody = process.getuid?.() === 0 ? { uid: 65_534 } : {};
  place = await makePlace({ files, ...nobody });
  execFileSync("chmod", ["-R", "777", place.root]);
  expect(await place.run("run")).toMatchObject({ code: 0 });
  const before = readFileSync(join(place.storeFolder, "capstan.db"));
  if (nobody.uid !== undefined) execFileSync("chown", ["-R", "0:0", place.folder]);
  execFileSync("chmod", ["-R", "a-w", place.folder]);
  expect(await place.run("status")).toMatchObject({ code: 0, stdout: expect.stringContaining("nothing to run") });
  expect(await place.run("verify")).toMatchObject({ code: 0 });
  expect(await place.run("list", "runs")).toMatchObject({ code: 0 });
  refused(await place.run("run", "--force"), "CAP-STORE-004", 6);
  refused(await place.run("data", "add", "capstan.yaml", "--name", "x"), "CAP-STORE-004", 6);
  expect(readFileSync(join(place.storeFolder, "capstan.db")).equals(before)).toBe(true);
  execFileSync("chmod", ["-R", "u+w", place.folder]);
});

test("a store of a newer Capstan is not touched", async () => {
  place = await makePlace({ files });
  await place.run("run");
  inStore((database) => database.exec("insert into migration (room, number, sql) values ('future', 1, '')"));
  const before = readFileSync(join(place.storeFolder, "capstan.db"));
  for (const words of [["run", "--force"], ["status"], ["data", "list"], ["server"]])
    refused(await place.run(...words), "CAP-STORE-005", 6);
  expect(readFileSync(join(place.storeFolder, "capstan.db")).equals(before)).toBe(true);
  expect(place.noted()).toEqual(["first", "last"]);
});

test("a store of an older Capstan is not misread: what reads says who brings it up to date", async () => {
  place = await makePlace({ files });
  await place.run("run");
  inStore((database) =>
    database.exec(
      "delete from migration where (room, number) = (select room, number from migration where room = 'insights' order by number desc limit 1)",
    ),
  );
  refused(await place.run("status"), "CAP-STORE-009", 6);
});

test("what a killed host left unsigned is verified without a host, and said", async () => {
  place = await makePlace({ files });
  await place.run("run");
  const server = place.start("server", "--port", "0", "--json");
  const { url } = await server.document("ready", (one) => one.event === "ready");
  const made = await fetch(`${url}/api/2.0/mlflow/experiments/create`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ name: "unsigned" }),
  });
  server.kill("SIGKILL");
  await server.ended;
  expect(made.status).toBe(200);
  const proof = await place.run("verify");
  expect([proof.code, proof.stderr, proof.stdout]).toEqual([0, "", expect.stringContaining("1 acknowledged, not signed yet")]);
});

test("a new store is signed at once: killed in its first seconds, its record proves", async () => {
  place = await makePlace({ files });
  const server = place.start("server", "--port", "0", "--json");
  await server.document("ready", (one) => one.event === "ready");
  const beganMs = performance.now();
  await until("it is signed", () => place.query("select size from checkpoint").length > 0);
  expect(performance.now() - beganMs).toBeLessThan(4000);
  server.kill("SIGKILL");
  await server.ended;
  expect(await place.run("verify")).toMatchObject({ code: 0, stdout: expect.stringContaining("signed heads, the newest at") });
});

test("spoilt bytes are found by verify and by use, and healed by making them again", async () => {
  place = await makePlace({ files });
  await place.run("run");
  const path = blobPath("one");
  chmodSync(path, 0o644);
  writeFileSync(path, "0ne");
  const proof = await place.run("verify");
  expect([proof.code, proof.stdout]).toEqual([3, expect.stringContaining("other bytes than its name says")]);
  // Asked for: the folder lost the file, and a step reads it.
  rmSync(join(place.folder, "first.txt"));
  refused(await place.run("run"), "CAP-STORE-002", 6);
  refused(await place.run("run", "last", "--force"), "CAP-STORE-002", 6);
  expect(place.noted()).toEqual(["first", "last"]);
  expect(await place.run("run", "--force")).toMatchObject({ code: 0 });
  expect(readFileSync(path, "utf8")).toBe("one");
  expect(readFileSync(join(place.folder, "last.txt"), "utf8")).toBe("one two");
  expect(await place.run("verify", "--deep")).toMatchObject({ code: 0 });
});

test("spoilt data is healed by adding the file again", async () => {
  place = await makePlace();
  place.write("numbers.csv", "a,b\n1,2\n3,4\n");
  await place.run("data", "add", "numbers.csv", "--name", "numbers");
  const path = blobPath("a,b\n1,2\n3,4\n");
  chmodSync(path, 0o644);
  writeFileSync(path, "a,b\n9,9\n");
  expect((await place.run("verify", "--deep")).code).toBe(3);
  expect(await place.run("data", "add", "numbers.csv", "--name", "numbers")).toMatchObject({
    code: 0,
    stdout: expect.stringContaining("v1"),
  });
  expect((await place.run("verify", "--deep")).code).toBe(0);
});

/** A small disk of its own, where this user may make one. */
const disk = mkdtempSync(join(tmpdir(), "capstan-disk-"));
const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=24m", "tmpfs", disk]).status === 0;
afterAll(() => {
  if (mounted) execFileSync("umount", [disk]);
  rmSync(disk, { recursive: true, force: true });
});

/** Fills the disk but for about so many bytes. */
function fill(leaveBytes: number): void {
  const { bavail, bsize } = statfsSync(disk);
  writeFileSync(join(disk, "filling"), Buffer.alloc(Math.max(0, bavail * bsize - leaveBytes)));
}
const empty = (): void => rmSync(join(disk, "filling"), { force: true });

describeWith("a full disk", "the right to mount a small one", mounted ? disk : undefined, () => {
  const onDisk = async (more: Record<string, string> = {}): Promise<void> => {
    rmSync(join(disk, "store"), { recursive: true, force: true });
    mkdirSync(join(disk, "store"));
    place = await makePlace({ files: { ...files, ...more }, data: join(disk, "store") });
  };

  test.each([0, 8192, 65_536, 262_144])("with %i bytes left refuses what it cannot keep, and keeps what it has", async (leftBytes) => {
    await onDisk();
    expect(await place.run("run")).toMatchObject({ code: 0 });
    const entries = place.query("select count(*) as n from entry");
    fill(leftBytes);
    const ended = await place.run("run", "--force");
    expect([ended.code, ended.stderr]).toEqual([6, expect.stringContaining("CAP-STORE-003")]);
    empty();
    expect(Number(place.query("select count(*) as n from entry")[0]?.["n"])).toBeGreaterThanOrEqual(Number(entries[0]?.["n"]));
    const again = await place.run("run", "--force");
    expect([again.code, again.stderr]).toEqual([0, expect.anything()]);
    expect(await place.run("verify")).toMatchObject({ code: 0 });
    expect(readFileSync(join(place.folder, "last.txt"), "utf8")).toBe("one two");
  });

  test("a step that fills it says so itself; one whose output finds no place is told by the store", async () => {
    await onDisk({
      "capstan.yaml": "capstan: 1\nproject: small\nsteps:\n  big: { run: node big.mjs, out: big.bin, params: [megabytes] }\n",
      "params.yaml": "megabytes: 40\n",
      "big.mjs": `import { readFileSync, writeFileSync } from "node:fs";\nconst { megabytes } = JSON.parse(readFileSync(process.env.CAPSTAN_PARAMS, "utf8"));\nwriteFileSync("big.bin", Buffer.alloc(megabytes << 20, 7));\n`,
    });
    const own = await place.run("run");
    expect([own.code, own.stderr]).toEqual([6, expect.stringMatching(/CAP-STORE-003 .*step big ended with 0 bytes left/)]);
    place.write("params.yaml", "megabytes: 12\n");
    refused(await place.run("run"), "CAP-STORE-003", 6);
    place.write("params.yaml", "megabytes: 4\n");
    expect(await place.run("run")).toMatchObject({ code: 0 });
    expect(await place.run("verify")).toMatchObject({ code: 0 });
  });

  test("data that finds no place is refused; no version of it is there", async () => {
    await onDisk();
    await place.run("status");
    place.write("numbers.csv", `a,b\n${"123456789,987654321\n".repeat(1_400_000)}`);
    const ended = await place.run("data", "add", "numbers.csv", "--name", "numbers");
    expect([ended.code, ended.stderr]).toEqual([6, expect.stringMatching(/CAP-STORE-003|CAP-DATA-021/)]);
    expect((await place.run("data", "list")).stdout).not.toContain("numbers@v1");
    expect(await place.run("verify")).toMatchObject({ code: 0 });
  });

  const hosted = async (): Promise<{ url: string; server: Command }> => {
    const server = place.start("server", "--port", "0", "--json");
    const { url } = await server.document("ready", (one) => one.event === "ready");
    return { url, server };
  };
  const post = async (url: string, path: string, body: object): Promise<{ status: number; json: Document }> => {
    const reply = await fetch(`${url}/api/2.0/mlflow/${path}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    return { status: reply.status, json: await reply.json() };
  };
  const points = (from: number): object[] =>
    Array.from({ length: 500 }, (_, i) => ({ key: "m", value: i, timestamp: from + i, step: from + i }));
  const history = async (url: string, run: string): Promise<number> =>
    ((await (await fetch(`${url}/api/2.0/mlflow/metrics/get-history?run_id=${run}&metric_key=m`)).json()) as Document).metrics?.length ?? 0;

  test("what MLflow's clients log is refused as something to repeat; once there is room it goes on, with all that was acknowledged", async () => {
    await onDisk();
    const { url, server } = await hosted();
    const run = (await post(url, "runs/create", {})).json.run.info.run_id as string;
    let acknowledged = 0;
    expect((await post(url, "runs/log-batch", { run_id: run, metrics: points(0) })).status).toBe(200);
    acknowledged += 500;
    const artifact = `${url}/api/2.0/mlflow-artifacts/artifacts/0/${run}/artifacts/big.bin`;
    const large = await fetch(artifact, { method: "PUT", body: Buffer.alloc(30 << 20, 7) });
    expect([large.status, await large.json()]).toEqual([503, expect.objectContaining({ error_code: "TEMPORARILY_UNAVAILABLE" })]);
    fill(0);
    let refusals = 0;
    for (let i = 1; i < 200 && refusals < 3; i++) {
      const { status, json } = await post(url, "runs/log-batch", { run_id: run, metrics: points(i * 500) });
      if (status === 200) acknowledged += 500;
      else {
        expect([status, json.error_code]).toEqual([503, "TEMPORARILY_UNAVAILABLE"]);
        refusals++;
      }
    }
    expect(refusals).toBe(3);
    // Reading goes on.
    expect(await history(url, run)).toBe(acknowledged);
    empty();
    expect((await post(url, "runs/log-batch", { run_id: run, metrics: points(1_000_000) })).status).toBe(200);
    expect(await history(url, run)).toBe(acknowledged + 500);
    expect((await fetch(artifact, { method: "PUT", body: "small" })).status).toBe(200);
    expect((await post(url, "runs/update", { run_id: run, status: "FINISHED" })).status).toBe(200);
    server.kill("SIGTERM");
    expect((await server.ended).code).toBe(0);
    const proof = await place.run("verify");
    expect([proof.code, proof.stderr, proof.stdout]).toEqual([0, "", expect.not.stringContaining("not signed yet")]);
  });

  test("a disk that becomes read-only under a server is said to clients; what there is can be read, and the server lives", async () => {
    await onDisk();
    const { url, server } = await hosted();
    const run = (await post(url, "runs/create", {})).json.run.info.run_id as string;
    await post(url, "runs/log-batch", { run_id: run, metrics: points(0) });
    const artifact = (name: string): Promise<Response> =>
      fetch(`${url}/api/2.0/mlflow-artifacts/artifacts/0/${run}/artifacts/${name}`, { method: "PUT", body: name });
    expect((await artifact("before")).status).toBe(200);
    // Files that are open for writing keep the system from it: only the folder of objects is turned.
    execFileSync("mount", ["--bind", join(disk, "store", "blobs"), join(disk, "store", "blobs")]);
    try {
      execFileSync("mount", ["-o", "remount,ro,bind", join(disk, "store", "blobs")]);
      const refusal = await artifact("meanwhile");
      expect([refusal.status, ((await refusal.json()) as Document).message]).toEqual([400, expect.stringContaining("for reading only")]);
      expect(await history(url, run)).toBe(500);
      expect((await post(url, "runs/set-tag", { run_id: run, key: "k", value: "v" })).status).toBe(200);
    } finally {
      execFileSync("umount", [join(disk, "store", "blobs")]);
    }
    server.kill("SIGTERM");
    await server.ended;
  });
});
