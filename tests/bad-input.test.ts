import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import {
  chmodSync,
  chownSync,
  existsSync,
  globSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, describe, expect, test } from "vitest";
import { verbs } from "../packages/capstan/src/face/cli/verbs.ts";
import { ask, type Ended, makeProject, type TestProject } from "./testing/project.ts";

let project: TestProject | undefined;
afterEach(async () => {
  await project?.close();
  project = undefined;
});
const made = (files: Record<string, string> = {}): TestProject => (project = makeProject(files));
const yaml = (steps: string): string => `capstan: 1\nproject: small\nsteps:\n${steps}`;

/** First line: code and what; a line `do`; never a stack. */
function refused(ended: Ended, code: string, exit: number, ...says: (string | RegExp)[]): void {
  expect([ended.code, ended.stderr]).toEqual([exit, expect.stringContaining(`error ${code}  `)]);
  expect(ended.stderr).toMatch(/^ {2}do {5}\S/m);
  expect(ended.stderr).not.toMatch(/^\s+at |node:internal|\{\w+\}/m);
  for (const text of says) expect(ended.stderr).toMatch(text);
}

describe("capstan.yaml", () => {
  test.each<[string, string | Buffer, string, RegExp]>([
    ["that is not YAML", yaml('  a: {run: "true"\n'), "CAP-CONFIG-003", /capstan\.yaml:5:1/],
    [
      "with a key that there is not",
      yaml("  a:\n    run: ['true']\n    ins: [x.csv]\n    out: [y.csv]\n"),
      "CAP-CONFIG-004",
      /`ins`: did you mean `in`\?\n {2}where {2}capstan\.yaml:6:5/,
    ],
    [
      "with steps in a circle",
      yaml("  a:\n    run: ['true']\n    in: [y.csv]\n    out: [x.csv]\n  b:\n    run: ['true']\n    in: [x.csv]\n    out: [y.csv]\n"),
      "CAP-CONFIG-008",
      /a → b → a/,
    ],
    [
      "that names a file which is not there",
      yaml("  a:\n    run: ['true']\n    in: [nothing.csv]\n    out: [x.csv]\n"),
      "CAP-CONFIG-013",
      /capstan\.yaml:6:10/,
    ],
    ["of a newer format", "capstan: 99\nproject: small\n", "CAP-CONFIG-002", /upgrade/],
    ["in UTF-16", Buffer.from("\ufeffcapstan: 1\nproject: small\n", "utf16le"), "CAP-CONFIG-003", /UTF-16[\s\S]*save it as UTF-8/],
    ["that is no UTF-8", Buffer.from("capstan: 1\nproject: small # \xfc\n", "latin1"), "CAP-CONFIG-003", /not UTF-8/],
    ["of a megabyte and more", `capstan: 1\n${"#".repeat(1 << 20)}\n`, "CAP-CONFIG-003", /1048576 at most/],
    ["indented by tabs", "capstan: 1\nsteps:\n\ta:\n\t\trun: x\n", "CAP-CONFIG-003", /capstan\.yaml:3:1\n {2}do {5}indent with two spaces/],
    ["with a key twice", "capstan: 1\nproject: small\nproject: other\n", "CAP-CONFIG-003", /capstan\.yaml:3:1/],
    ["with `<<`", "capstan: 1\na: &a {x: 1}\nb:\n  <<: *a\n", "CAP-CONFIG-003", /capstan\.yaml:4:3/],
    [
      "whose anchors multiply",
      `capstan: 1\n${["a", ..."bcdefg"]
        .map(
          (name, i) =>
            `${name}: &${name} [${Array(9)
              .fill(i === 0 ? "x" : `*${"abcdefg"[i - 1]}`)
              .join(",")}]\n`,
        )
        .join("")}`,
      "CAP-CONFIG-003",
      /more than 100 copies/,
    ],
    ["that is a list", "- capstan\n- steps\n", "CAP-CONFIG-005", /capstan\.yaml:1:1/],
    ["that is a word", "hello\n", "CAP-CONFIG-005", /capstan\.yaml:1:1/],
    ["whose output has a line end", yaml('  a:\n    run: "true"\n    out: ["a\\nb.csv"]\n'), "CAP-CONFIG-017", /"a\\nb\.csv"/],
    ["whose output is the store's", yaml('  a:\n    run: "true"\n    out: [.capstan/b.csv]\n'), "CAP-CONFIG-017", /belongs to Capstan/],
    ["whose output leaves the folder", yaml("  a:\n    run: ['true']\n    out: [../x.csv]\n"), "CAP-CONFIG-017", /capstan\.yaml:6:11/],
  ])("%s is refused with file, line and column", async (_, text, code, where) => {
    const { capstan, write } = made();
    write("capstan.yaml", text);
    refused(await capstan("run"), code, 2, where);
    const checked = await capstan("config", "check");
    expect([checked.code, checked.stdout]).toEqual([2, expect.stringContaining(code)]);
  });

  test("that is a folder, or a link in a circle, is said", async () => {
    const { capstan, folder } = made();
    rmSync(join(folder, "capstan.yaml"));
    mkdirSync(join(folder, "capstan.yaml"));
    refused(await capstan("run"), "CAP-CONFIG-003", 2, /it is no file/);
    rmSync(join(folder, "capstan.yaml"), { recursive: true });
    symlinkSync("capstan.yaml", join(folder, "capstan.yaml"));
    refused(await capstan("run"), "CAP-CONFIG-001", 2);
  });

  test("that is empty declares nothing, and harms nothing", async () => {
    const { capstan, write } = made();
    write("capstan.yaml", "");
    expect(await capstan("run")).toMatchObject({ code: 0, stdout: expect.stringContaining("Nothing to run") });
  });

  test("that is nowhere is said, with what to write", async () => {
    const { capstan, folder } = made();
    refused(await capstan("data", "list", "-C", dirname(folder)), "CAP-CONFIG-001", 2, /capstan\.yaml/);
  });
});

describe("a command", () => {
  test.each<[string, string[], RegExp]>([
    ["of another tool", ["promote"], /`capstan release`/],
    ["with a flag that there is not", ["run", "--nope"], /--nope/],
    ["that cannot say first what it would do", ["rollback", "--plan"], /--plan/],
    ["with a port that is none", ["server", "--port", "99999"], /99999/],
    ["with words missing", ["data", "add"], /data add PATH/],
    ["with a reference that is none", ["open", "?!"], /write R-2, run:1 or MODEL@v3/],
    ["with a loopback that is none", ["server", "--loopback", "half"], /`open` or left out/],
    ["with words too many", ["doctor", "this"], /`this` is a word too many/],
    ["with a colour that there is not", ["list", "runs", "--color", "purple"], /auto, always or never/],
    ["that explains a code that there is not", ["help", "CAP-RUN-03"], /did you mean CAP-RUN-003\?/],
  ])("%s", async (_, args, says) => refused(await made().capstan(...args), "CAP-USAGE-001", 2, says));

  test.each<[string, string[], string, RegExp]>([
    ["that there is not", ["stauts"], "CAP-USAGE-002", /did you mean `status`/],
    ["that is a word of the language it is written in", ["constructor"], "CAP-USAGE-002", /`capstan help` lists/],
    ["whose help is asked for, and that there is not", ["help", "relase"], "CAP-USAGE-002", /did you mean `release`/],
    ["that calls an operation that there is not", ["api", "runs.lst"], "CAP-USAGE-003", /did you mean runs\.list\?/],
    ["that asks for the schema of one that there is not", ["config", "schema", "toString"], "CAP-USAGE-003", /`capstan api` lists/],
    ["that is given a file that there is not", ["api", "runs.list", "nothing.json"], "CAP-DATA-005", /nothing\.json/],
  ])("%s is refused with the nearest", async (_, args, code, says) => refused(await made().capstan(...args), code, 2, says));

  test("alone says how things stand in a project, and what there is to do elsewhere", async () => {
    const one = made({ "a.csv": "x\n1\n" });
    await one.capstan("data", "add", "a.csv", "--name", "a");
    expect(await one.capstan()).toMatchObject({ code: 0, stdout: expect.stringMatching(/^small /) });
    expect(await one.capstan("-C", dirname(one.folder))).toMatchObject({ code: 0, stdout: expect.stringContaining("eight words") });
  });

  test("of every kind explains itself, and in --json says only JSON on stdout", async () => {
    const one = made({ "a.csv": "x\n1\n" });
    await one.capstan("data", "add", "a.csv", "--name", "a");
    const wrong: string[] = [];
    for (const [name, known] of Object.entries(verbs)) {
      const { verb } = await known.load();
      expect([name, verb.usage.startsWith(name), verb.text.length > 5]).toEqual([name, true, true]);
      // These three serve until they are ended.
      if (["server", "demo", "open"].includes(name)) continue;
      for (const args of [[name], [name, "--help"], [name, "--nope"]]) {
        const ended = await one.capstan(...args, "--json");
        const lines = args.length === 1 && ["api", "config"].includes(name) ? [ended.stdout] : ended.stdout.split("\n").filter(Boolean);
        const json = lines.every((line) => typeof JSON.parse(line) === "object");
        if (!json || ended.code === 70 || (ended.code !== 0 && lines.length === 0))
          wrong.push(`${args.join(" ")}: ${ended.code} ${ended.stdout}`);
        if (args[1] === "--nope" && ended.code !== 2) wrong.push(`${args.join(" ")} ends with ${ended.code}`);
        if (args[1] === "--help" && ended.code !== 0) wrong.push(`${args.join(" ")} ends with ${ended.code}`);
      }
    }
    expect(wrong).toEqual([]);
  }, 120_000);

  test("in --json says the same as a document on stdout", async () => {
    const ended = await made().capstan("data", "list", "--json");
    expect(ended).toMatchObject({ code: 5, stderr: "" });
    expect(JSON.parse(ended.stdout)).toMatchObject({ error: { code: "CAP-STORE-008", exit: 5, do: expect.any(String) } });
  });
});

describe("a step", () => {
  const step = (command: string, more = ""): string =>
    yaml(`  good:\n    run: "echo 1 > good.csv"\n    out: [good.csv]\n  bad:\n    run: "${command}"\n    out: [bad.csv]\n${more}`);

  test.each<[string, string, string, string]>([
    ["fails after half its output", "echo half > bad.csv; exit 3", "", "CAP-RUN-003"],
    ["ends well without its output", "true", "", "CAP-RUN-004"],
    ["hangs", "sleep 60", "    timeout: 1s\n", "CAP-RUN-008"],
    ["cannot be started", "exec nothing-by-this-name", "", "CAP-RUN-003"],
  ])("that %s: nothing is replaced, what went well is kept", async (_, command, more, code) => {
    const { capstan, write, folder } = made({ "capstan.yaml": step(command, more) });
    write("bad.csv", "what was here before\n");
    const ended = await capstan("run", "--keep-going");
    refused(ended, code, 1, /step bad/);
    expect(readFileSync(join(folder, "bad.csv"), "utf8")).toBe("what was here before\n");
    write("capstan.yaml", step("echo whole > bad.csv"));
    const again = await capstan("run");
    expect(again).toMatchObject({ code: 0, stdout: expect.stringMatching(/1 ran, 1 reused/) });
    expect(readFileSync(join(folder, "bad.csv"), "utf8")).toBe("whole\n");
  });

  test.each<[string, string, string, string, RegExp]>([
    ["a pipe", "mkfifo x.csv", "x.csv", "CAP-RUN-017", /it is a pipe, socket or device, a file is declared/],
    ["a folder where a file is declared", "mkdir x.csv", "x.csv", "CAP-RUN-017", /`x\.csv\/` declares a folder/],
    ["a folder with a link out of it", "ln -s /etc d/etc", "d/", "CAP-RUN-017", /etc is a link/],
    ["a link in a circle", "ln -s x.csv x.csv", "x.csv", "CAP-RUN-004", /Nothing was replaced/],
  ])("that writes %s as its output is refused, and nothing hangs", async (_, command, out, code, says) => {
    const { capstan } = made({ "capstan.yaml": yaml(`  a:\n    run: "${command}"\n    out: ["${out}"]\n    sandbox: true\n`) });
    refused(await capstan("run"), code, 1, says);
  });

  test("reads a pipe as its input no more than a dataset does", async () => {
    const one = made({ "capstan.yaml": yaml('  a:\n    run: "cat p > x.csv"\n    in: [p]\n    out: [x.csv]\n') });
    expect((await one.shell("mkfifo p")).code).toBe(0);
    refused(await one.capstan("run"), "CAP-DATA-008", 2, /pipe, socket or device/);
    refused(await one.capstan("data", "add", "p", "--name", "p"), "CAP-DATA-008", 2);
  });

  test("may have spaces and any letters in its paths", async () => {
    const { capstan, folder } = made({ "ü in.csv": "1\n" });
    writeFileSync(
      join(folder, "capstan.yaml"),
      yaml('  a:\n    run: ["sh", "-c", "cat \\"ü in.csv\\" > \\"日 本.csv\\""]\n    in: ["ü in.csv"]\n    out: ["日 本.csv"]\n'),
    );
    expect(await capstan("run")).toMatchObject({ code: 0 });
    expect(readFileSync(join(folder, "日 本.csv"), "utf8")).toBe("1\n");
    expect((await capstan("run")).stdout).toContain("Nothing to run");
  });

  test("is not ended by a reader who has read enough", async () => {
    const one = made({ "capstan.yaml": yaml('  a:\n    run: "sleep 0.3; echo 1 > a.csv"\n    out: [a.csv]\n') });
    const ended = await one.shell('{ "$@" run; echo "exit $?" >&3; } 3>code 2>&1 | head -c 1');
    expect(ended.code).toBe(0);
    expect(readFileSync(join(one.folder, "code"), "utf8")).toBe("exit 0\n");
    expect(readFileSync(join(one.folder, "a.csv"), "utf8")).toBe("1\n");
  });

  test("runs where git has no commit, and where the person's folder cannot be made", async () => {
    const one = made({ "capstan.yaml": yaml('  a:\n    run: "echo 1 > a.csv"\n    out: [a.csv]\n') });
    expect((await one.shell("git init -q")).code).toBe(0);
    expect(await one.capstan("run")).toMatchObject({ code: 0 });
    const nowhere = await one.shell('CAPSTAN_HOME=/proc/nothing/here "$@" run --force');
    expect([nowhere.code, nowhere.stdout]).toEqual([0, expect.stringContaining("1 ran")]);
  });

  test("two runs at once: both end well or one says who works here; afterwards all is there", async () => {
    const { capstan, folder } = made({ "capstan.yaml": yaml('  a:\n    run: "sleep 0.5; echo 1 > a.csv"\n    out: [a.csv]\n') });
    const both = await Promise.all([capstan("run"), capstan("run")]);
    for (const ended of both) if (ended.code !== 0) refused(ended, "CAP-RUN-009", 5, /run:\d+ works in this folder/);
    expect(both.some((one) => one.code === 0)).toBe(true);
    expect(readFileSync(join(folder, "a.csv"), "utf8")).toBe("1\n");
    expect((await capstan("run")).stdout).toContain("Nothing to run");
    expect((await capstan("verify")).code).toBe(0);
  });
});

describe("data", () => {
  test("that is not there, or not what its name says, is refused; nothing is kept", async () => {
    const { capstan } = made({ "fake.parquet": "hello, this is no table\n" });
    refused(await capstan("data", "add", "nothing.csv", "--name", "x"), "CAP-DATA-005", 2);
    refused(await capstan("data", "add", "fake.parquet", "--name", "x"), "CAP-DATA-003", 2, /begins with `hello/);
    refused(await capstan("data", "add", "fake.parquet", "--name", "Bad Name"), "CAP-REQUEST-001", 2, /lower-case/);
    const listed = await capstan("data", "list", "--json");
    expect(JSON.parse(listed.stdout)).toEqual({ datasets: [] });
  });

  test("added by two commands at once: both are in the record", async () => {
    const { capstan, write } = made();
    write("a.csv", "x\n1\n");
    write("b.csv", "x\n2\n");
    const both = await Promise.all([capstan("data", "add", "a.csv", "--name", "a"), capstan("data", "add", "b.csv", "--name", "b")]);
    expect(both.map((one) => [one.code, one.stderr])).toEqual([
      [0, ""],
      [0, ""],
    ]);
    const listed = await capstan("data", "list", "--json");
    expect((JSON.parse(listed.stdout) as { datasets: { dataset: string }[] }).datasets.map((one) => one.dataset).sort()).toEqual([
      "a",
      "b",
    ]);
    expect((await capstan("verify")).code).toBe(0);
  });
});

describe("a store", () => {
  const begun = async (): Promise<TestProject> => {
    const one = made({ "a.csv": "x\n1\n" });
    expect(await one.capstan("data", "add", "a.csv", "--name", "a")).toMatchObject({ code: 0 });
    return one;
  };
  const database = (one: TestProject): string => join(one.folder, ".capstan/capstan.db");

  test("of a newer program is refused, untouched", async () => {
    const one = await begun();
    const open = new DatabaseSync(database(one));
    open.exec("insert into migration (room, number, sql) values ('tomorrow', 1, '')");
    open.close();
    const before = readFileSync(database(one));
    refused(await one.capstan("data", "add", "a.csv", "--name", "b"), "CAP-STORE-005", 6, /tomorrow\/1/, /upgrade/);
    expect(readFileSync(database(one)).equals(before)).toBe(true);
  });

  test("whose database is damaged is refused by what is wrong, not by a stack", async () => {
    const one = await begun();
    const bytes = readFileSync(database(one));
    bytes.fill(0x5a, 0, 100);
    writeFileSync(database(one), bytes);
    const ended = await one.capstan("data", "list");
    expect(ended.code).toBe(6);
    refused(ended, "CAP-STORE-001", 6);
    expect(readFileSync(database(one)).equals(bytes)).toBe(true);
  });

  test("with a damaged object is found by verify, named by its digest", async () => {
    const one = await begun();
    const blobs = globSync("[0-9a-f][0-9a-f]/*", { cwd: join(one.folder, ".capstan/blobs") });
    expect(blobs).toHaveLength(1);
    const path = join(one.folder, ".capstan/blobs", blobs[0] ?? "");
    chmodSync(path, 0o600);
    writeFileSync(path, "y\n2\n");
    const ended = await one.capstan("verify");
    expect(ended.code).toBe(3);
    expect(ended.stdout).toContain((blobs[0] ?? "").replace("/", "").slice(0, 8));
  });

  test("in a folder that cannot be written is read, and refuses to be written", async () => {
    const one = await begun();
    const lock = (mode: number): void => {
      for (const path of ["", ...(readdirSync(join(one.folder, ".capstan"), { recursive: true }) as string[])]) {
        const full = join(one.folder, ".capstan", path);
        if (existsSync(full)) chmodSync(full, mode);
      }
    };
    // A superuser writes anywhere: then the commands run as nobody.
    const nobody = process.getuid?.() === 0 ? 65_534 : undefined;
    if (nobody !== undefined)
      for (const path of [one.folder, dirname(one.folder), join(dirname(one.folder), "state")])
        if (existsSync(path)) chownSync(path, nobody, nobody);
    chmodSync(dirname(one.folder), 0o755);
    lock(0o555);
    try {
      const listed = await one.capstanAs(nobody, "data", "list");
      expect([listed.code, listed.stderr]).toEqual([0, ""]);
      expect(listed.stdout).toMatch(/^a@v1 /);
      refused(await one.capstanAs(nobody, "data", "add", "a.csv", "--name", "b"), "CAP-STORE-004", 6);
    } finally {
      lock(0o755);
    }
  });
});

describe("a port", () => {
  test("that was named and is taken is refused; the store can be hosted again at once", async () => {
    const one = made({ "a.csv": "x\n1\n" });
    const other = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => other.once("listening", resolve));
    const { port } = other.address() as AddressInfo;
    try {
      refused(await one.capstan("server", "--port", String(port)), "CAP-SERVER-001", 6, new RegExp(String(port)));
    } finally {
      other.close();
    }
    expect(await one.capstan("data", "add", "a.csv", "--name", "a")).toMatchObject({ code: 0 });
  });
});

describe("a request", () => {
  const json = { "content-type": "application/json" };
  test.each<[string, string, string, Record<string, string>, string | undefined, number, string]>([
    ["to nowhere", "GET", "/api/v1/nothing", {}, undefined, 404, "CAP-REQUEST-002"],
    ["with another method", "PUT", "/api/v1/projects", {}, undefined, 404, "CAP-REQUEST-002"],
    ["that is no JSON", "POST", "/api/v1/runs/x/progress", json, "{", 400, "CAP-REQUEST-005"],
    ["that is no UTF-8", "POST", "/api/v1/runs/x/progress", json, "\xff", 400, "CAP-REQUEST-005"],
    ["that is a list", "POST", "/api/v1/runs/x/progress", json, "[]", 400, "CAP-REQUEST-005"],
    ["of the wrong shape", "POST", "/api/v1/runs/x/progress", json, '{"done": "many"}', 400, "CAP-REQUEST-001"],
    ["of the wrong type", "POST", "/api/v1/runs/x/progress", { "content-type": "application/xml" }, "<a/>", 415, "CAP-REQUEST-004"],
    [
      "as a form",
      "POST",
      "/api/v1/runs/x/progress",
      { "content-type": "application/x-www-form-urlencoded" },
      "done=1",
      415,
      "CAP-REQUEST-004",
    ],
    [
      "far too large, said before",
      "POST",
      "/api/v1/runs/x/progress",
      { ...json, "content-length": String(2 ** 40) },
      undefined,
      413,
      "CAP-REQUEST-003",
    ],
    ["with a limit out of range", "GET", "/api/v1/p/small/jobs?limit=100000", {}, undefined, 400, "CAP-REQUEST-001"],
    ["with a name that is none", "GET", "/api/v1/p/..%2f..%2fetc/data", {}, undefined, 400, "CAP-REQUEST-001"],
    ["for a thing that is not there", "GET", "/api/v1/p/small/data/nothing", {}, undefined, 404, "CAP-NOT-FOUND-001"],
    ["for an object that is not there", "GET", `/api/v1/p/small/blobs/${"0".repeat(64)}`, {}, undefined, 404, "CAP-STORE-006"],
    ["for an object by a wrong name", "GET", "/api/v1/p/small/blobs/..%2f..%2fcapstan.db", {}, undefined, 404, "CAP-STORE-006"],
  ])("%s", async (_, method, path, headers, body, status, code) => {
    const host = await made().host();
    const raw = body === undefined ? undefined : Buffer.from(body, "latin1");
    const answer = await ask({ port: host.port }, method, path, headers, raw);
    expect([answer.status, answer.code]).toEqual([status, code]);
    expect(JSON.parse(answer.text)).toMatchObject({
      error: { message: expect.any(String), do: expect.any(String), request: expect.any(String) },
    });
    expect(answer.text).not.toContain(host.app.store.folder);
    expect((await ask({ port: host.port }, "GET", "/api/v1/projects")).status).toBe(200);
  });

  test("far too large, not said before, is cut off at the limit", async () => {
    const host = await made().host();
    const answer = await ask(
      { port: host.port },
      "POST",
      "/api/v1/runs/x/progress",
      { ...json, "transfer-encoding": "chunked" },
      Buffer.alloc(3 << 20, " "),
    );
    expect([answer.status, answer.code]).toEqual([413, "CAP-REQUEST-003"]);
    expect((await ask({ port: host.port }, "GET", "/api/v1/projects")).status).toBe(200);
  });
});
