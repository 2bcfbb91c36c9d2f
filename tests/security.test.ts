import { connect } from "node:net";
import { readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createLive } from "../packages/capstan/src/face/http/live.ts";
import { createShell } from "../packages/capstan/src/face/http/server.ts";
import { createStaticFiles } from "../packages/capstan/src/face/http/static-files.ts";
import type { Host } from "../packages/capstan/src/host.ts";
import { socketPath } from "../packages/capstan/src/host-file.ts";
import { type Answer, ask, makeProject, type TestProject } from "./testing/project.ts";

// One test for each class of attack that servers of this field have known; who may do what is in access.test.ts.

let project: TestProject;
let host: Host;
let socket: string;
const canary = "never-to-be-read";

beforeAll(async () => {
  project = makeProject({ "secret.txt": canary });
  host = await project.host();
  socket = socketPath(host.app.store.folder);
});
afterAll(() => project.close());

const port = (method: string, path: string, headers: Record<string, string> = {}, body?: string | Uint8Array): Promise<Answer> =>
  ask({ port: host.port }, method, path, headers, body);
const json = { "content-type": "application/json" };

/** Bytes as they are, which no client would send; the answer until the server closes, or until its head is there. */
const raw = (text: string, to = host.port): Promise<string> =>
  new Promise((resolve, reject) => {
    const link = connect(to, "127.0.0.1", () => link.write(text));
    let got = "";
    link.on("data", (piece: Buffer) => {
      got += piece.toString("latin1");
      if (/^HTTP.*\r\n\r\n/s.test(got)) link.end();
    });
    link.on("close", () => resolve(got));
    // Who is refused in the middle of its words may be cut off without an answer.
    link.on("error", (error: NodeJS.ErrnoException) => (error.code === "ECONNRESET" ? resolve(got) : reject(error)));
  });
const statusOf = (answer: string): number => Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1] ?? 0);
const get = (path: string, more = ""): string => `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n${more}\r\n`;
const everythingBelow = (folder: string): string[] =>
  (readdirSync(folder, { recursive: true }) as string[]).filter((path) => !path.includes("logs")).sort();

/** Ways to say `../` that filters of other servers have let through. */
const climbs = [
  "../",
  "..%2f",
  "%2e%2e/",
  "%2e%2e%2f",
  "%252e%252e%252f",
  "..%252f",
  "..\\",
  "..%5c",
  "%2e%2e%5c",
  "..;/",
  "....//",
  "..%00/",
  "..%c0%af",
  "%c0%ae%c0%ae/",
  "..%e0%80%af",
  "./../",
  "x/../../",
  "%2f..%2f",
  "..%09/",
  "file:///",
  "//",
  "/",
  "%2f",
  "C:\\",
];

describe("paths", () => {
  const places = [
    "/",
    "/assets/",
    "/api/v1/p/small/blobs/",
    "/api/v1/p/small/data/",
    "/api/v1/p/small/models/x/versions/",
    "/api/2.0/mlflow-artifacts/artifacts/",
    "/get-artifact?run_uuid=x&path=",
    "/api/2.0/mlflow/artifacts/list?run_id=x&path=",
    "/v2/models/",
  ];

  test("climb nowhere when read", async () => {
    for (const place of places)
      for (const climb of climbs)
        for (const target of ["secret.txt", "etc/passwd"]) {
          const answer = await raw(get(`${place}${climb.repeat(6)}${target}`));
          expect([place, climb, statusOf(answer) >= 200]).toEqual([place, climb, true]);
          expect([place, climb, answer.includes(canary) || answer.includes("root:x:")]).toEqual([place, climb, false]);
        }
  });

  test("climb nowhere when written", async () => {
    const made = await port("POST", "/api/2.0/mlflow/experiments/create", json, '{"name": "paths"}');
    const { experiment_id: experiment } = JSON.parse(made.text) as { experiment_id: string };
    const began = await port("POST", "/api/2.0/mlflow/runs/create", json, JSON.stringify({ experiment_id: experiment, start_time: 1 }));
    const run = (JSON.parse(began.text) as { run: { info: { run_id: string } } }).run.info.run_id;
    const root = dirname(project.folder);
    const outside = (): string[] => everythingBelow(root).filter((path) => !path.startsWith(join("project", ".capstan")));
    const before = outside();
    for (const climb of climbs) {
      const path = `/api/2.0/mlflow-artifacts/artifacts/${experiment}/${run}/artifacts/${climb.repeat(4)}planted.txt`;
      const answer = await raw(`PUT ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 7\r\n\r\nplanted`);
      expect([climb, statusOf(answer) >= 200]).toEqual([climb, true]);
    }
    expect(outside()).toEqual(before);
    expect(everythingBelow(root).filter((path) => path.includes("planted"))).toEqual([]);
  });
});

describe("what a user brought", () => {
  test("is never run by a browser that looks at it", async () => {
    const made = await port("POST", "/api/2.0/mlflow/experiments/create", json, '{"name": "pages"}');
    const { experiment_id: experiment } = JSON.parse(made.text) as { experiment_id: string };
    const began = await port("POST", "/api/2.0/mlflow/runs/create", json, JSON.stringify({ experiment_id: experiment, start_time: 1 }));
    const run = (JSON.parse(began.text) as { run: { info: { run_id: string } } }).run.info.run_id;
    const page = "<script>fetch('/api/v1/access/link', {method: 'POST'})</script>";
    for (const name of ["page.html", "page.svg", "page.xml", "page"]) {
      const at = `/api/2.0/mlflow-artifacts/artifacts/${experiment}/${run}/artifacts/${name}`;
      expect((await port("PUT", at, {}, page)).status).toBe(200);
      for (const path of [at, `/get-artifact?run_uuid=${run}&path=${name}`, `/api/v1/p/small/runs/${run}/files/${name}`]) {
        const { status, headers } = await port("GET", path);
        const held =
          String(headers["content-disposition"]).startsWith("attachment") || /\bsandbox\b/.test(String(headers["content-security-policy"]));
        expect([path, status, headers["x-content-type-options"], held]).toEqual([path, 200, "nosniff", true]);
      }
    }
  });

  test("is never a page when it comes back in a refusal", async () => {
    const answer = await port("GET", "/api/v1/p/small/data/%3Cscript%3Ealert(1)%3C%2Fscript%3E");
    expect(answer.headers).toMatchObject({
      "content-type": expect.stringContaining("application/json"),
      "x-content-type-options": "nosniff",
    });
  });
});

describe("bodies", () => {
  test("with keys of prototypes change nothing but what they name", async () => {
    const body = '{"name": "proto", "__proto__": {"admin": true, "projects": null}, "constructor": {"prototype": {"admin": true}}}';
    for (const path of ["/api/2.0/mlflow/experiments/create", "/api/v1/runs/x/progress", "/v2/models/x/infer"]) {
      const answer = await port("POST", path, json, body);
      expect([path, answer.status < 500]).toEqual([path, true]);
    }
    expect(({} as Record<string, unknown>)["admin"]).toBeUndefined();
    const named = await port("GET", "/api/v1/p/small/data?__proto__[admin]=1&constructor=1");
    expect(named.status).toBe(200);
    for (const name of ["__proto__", "constructor", "toString"])
      expect([name, (await port("GET", `/v2/models/${name}`)).status, (await port("GET", `/api/v1/${name}`)).status]).toEqual([
        name,
        404,
        404,
      ]);
  });

  test("as deep as they fit are refused, and the server lives", async () => {
    const deep = `{"a":${"[".repeat(200_000)}${"]".repeat(200_000)}}`;
    for (const path of ["/api/v1/runs/x/progress", "/api/2.0/mlflow/experiments/create", "/v2/models/x/infer"]) {
      const answer = await port("POST", path, json, deep);
      expect([path, answer.status >= 400 && answer.status < 500]).toEqual([path, true]);
    }
    expect((await port("GET", "/health")).text).toBe("OK");
  });

  test("that stop arriving are given up, others are served meanwhile", async () => {
    const { app } = host;
    const shell = createShell({
      ...{ access: app.access, operations: app.operations, wire: app.wire, unknownBelow: app.unknownBelow, tracing: app.tracing },
      ...{ ids: app.store.ids, log: app.store.log, loopback: true, openLoopback: false, bodyPauseMs: 100 },
      live: createLive(app.store.events),
      files: createStaticFiles(project.folder),
      openApi: () => ({}),
      metrics: () => app.metrics(),
    });
    const server = await shell.listen("port", { host: "127.0.0.1", port: 0 });
    const at = (server.address() as { port: number }).port;
    try {
      const slow = raw(
        "POST /api/v1/runs/x/progress HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{",
        at,
      );
      expect((await ask({ port: at }, "GET", "/api/v1/session")).status).toBe(200);
      const answer = await slow;
      expect([statusOf(answer), answer.includes("connection: close")]).toEqual([408, true]);
    } finally {
      await shell.close();
    }
  });
});

describe("heads", () => {
  test("of a size that nobody needs are refused", async () => {
    const large = await raw(get("/api/v1/session", `X: ${"a".repeat(100_000)}\r\n`));
    expect([0, 431]).toContain(statusOf(large));
    const many = await raw(get(`/api/v1/session?${"a".repeat(100_000)}`));
    expect([0, 414, 431]).toContain(statusOf(many));
    expect((await port("GET", "/health")).text).toBe("OK");
  });

  test("that hide a second request or a header in a line end do not get it", async () => {
    expect((await raw(get("/x%0d%0aSet-Cookie:%20capstan_session=1?link=x"))).toLowerCase()).not.toContain("\r\nset-cookie");
    const both = await raw(
      "POST /api/v1/runs/x/progress HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    );
    expect(statusOf(both)).toBe(400);
    expect(statusOf(await raw("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: attacker.example\r\n\r\n"))).toBeGreaterThanOrEqual(400);
    expect(statusOf(await raw("GET /api/v1/session HTTP/1.1\r\n\r\n"))).toBeGreaterThanOrEqual(400);
  });

  test("cannot make a redirect to elsewhere", async () => {
    for (const path of [
      "//attacker.example/?link=x",
      "/\\attacker.example/?link=x",
      "/%5cattacker.example?link=x",
      "http://attacker.example/?link=x",
    ]) {
      const answer = await raw(get(path));
      const to = /^location: (.*)\r$/im.exec(answer)?.[1] ?? "/";
      expect([path, new URL(to, "http://127.0.0.1").host]).toEqual([path, "127.0.0.1"]);
    }
  });

  test("say nothing by a method that is not the request's own", async () => {
    for (const name of ["x-http-method-override", "x-http-method", "x-method-override"]) {
      const answer = await port("POST", "/api/v1/access/tokens/x", { ...json, [name]: "DELETE" }, "{}");
      expect([name, answer.status]).toEqual([name, 404]);
    }
    expect((await port("GET", "/api/v1/access/tokens?_method=POST")).code).toBe("CAP-ACCESS-005");
  });

  test("that ask for another protocol are answered in this one", async () => {
    const answer = await raw(
      get(
        "/api/v1/session",
        "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZQ==\r\n",
      ),
    );
    expect([200, 400, 404]).toContain(statusOf(answer));
    expect(statusOf(await raw("CONNECT 127.0.0.1:22 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"))).not.toBe(200);
    expect(statusOf(await raw("TRACE / HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: capstan_session=x\r\n\r\n"))).toBeGreaterThanOrEqual(400);
  });
});

describe("HEAD and OPTIONS on every route", () => {
  test("reach nothing that GET does not, and let no other origin in", async () => {
    const routes = [
      ...host.app.operations.map(({ operation }) => ({ ...operation, path: `/api/v1${operation.path}` })),
      ...host.app.wire,
    ].map((one) => ({ capability: one.capability, path: one.path.replace("{project}", "small").replace(/\{\w+(\.\.\.)?\}/g, "zz") }));
    for (const { path } of routes) {
      const preflight = await port("OPTIONS", path, { origin: "https://attacker.example", "access-control-request-method": "POST" });
      expect([path, preflight.status, Object.keys(preflight.headers).filter((name) => name.startsWith("access-control"))]).toEqual([
        path,
        403,
        [],
      ]);
      const plain = await port("OPTIONS", path);
      expect([path, plain.status >= 400, plain.status < 500]).toEqual([path, true, true]);
      const head = await port("HEAD", path);
      expect([path, head.text, head.status < 500]).toEqual([path, "", true]);
      expect((await port("HEAD", path, { host: "attacker.example" })).status).toBe(403);
    }
  });
});

describe("tokens and sessions", () => {
  const issued = async (): Promise<{ id: string; token: string }> => {
    const made = await ask({ socket }, "POST", "/api/v1/access/tokens", json, '{"name": "ci", "roles": ["admin"], "days": 1}');
    return JSON.parse(made.text) as { id: string; token: string };
  };

  test("a token in the address is no token", async () => {
    const { token } = await issued();
    for (const name of ["token", "access_token", "authorization", "api_key"])
      expect([name, (await port("GET", `/api/v1/access/tokens?${name}=${token}`)).code]).toEqual([name, "CAP-ACCESS-005"]);
    expect((await port("GET", "/api/v1/access/tokens", { cookie: `capstan_session=${token}` })).code).toBe("CAP-ACCESS-005");
    expect((await port("GET", "/api/v1/access/tokens", { authorization: `Bearer ${token}` })).status).toBe(200);
  });

  test("a one-time link opens one session, however many come at once", async () => {
    const code = host.app.access.oneTimeLink();
    const all = await Promise.all(Array.from({ length: 20 }, () => port("GET", `/?link=${code}`)));
    expect(all.filter((one) => one.headers["set-cookie"] !== undefined)).toHaveLength(1);
    for (const guess of ["", "x", code.slice(0, -1), `${code}x`, "__proto__"])
      expect((await port("GET", `/?link=${guess}`)).headers["set-cookie"]).toBeUndefined();
  });

  test("a session's cookie is for this server's requests only, and ends", async () => {
    const opened = await port("GET", `/?link=${host.app.access.oneTimeLink()}`);
    const [cookie = ""] = opened.headers["set-cookie"] ?? [];
    expect(cookie).toMatch(/^capstan_session=[A-Za-z0-9_-]{43}; HttpOnly; SameSite=Lax; Path=\/; Max-Age=\d+$/);
    const held = { cookie: cookie.split(";")[0] ?? "" };
    expect((await port("GET", "/api/v1/access/tokens", held)).status).toBe(200);
    const rows = await host.app.store.database.all<Record<string, unknown>>("select * from session");
    expect(JSON.stringify(rows)).not.toContain(held.cookie.slice("capstan_session=".length));
    await host.app.store.database.commit([{ sql: "update session set expires_ms = ?", params: [Date.now() - 1] }]);
    expect((await port("GET", "/api/v1/access/tokens", held)).code).toBe("CAP-ACCESS-005");
  });

  test("a token that was revoked ends at once, its events too", async () => {
    const { id, token } = await issued();
    const bearer = { authorization: `Bearer ${token}` };
    const opened = await fetch(`http://127.0.0.1:${host.port}/api/v1/events`, { headers: bearer });
    expect(opened.status).toBe(200);
    await ask({ socket }, "DELETE", `/api/v1/access/tokens/${id}`);
    expect((await port("GET", "/api/v1/access/tokens", bearer)).status).toBe(401);
    expect((await port("GET", "/api/v1/events", bearer)).status).toBe(401);
    // To its end, which it would not have otherwise.
    expect(await opened.text()).toContain("retry:");
  });
});

test("a connection that says nothing and one that says nonsense hold up nobody", async () => {
  const silent = connect(host.port, "127.0.0.1");
  await new Promise((resolve) => silent.once("connect", resolve));
  expect(statusOf(await raw("\u0016\u0003\u0001 nonsense\r\n\r\n"))).toBe(400);
  expect((await port("GET", "/api/v1/session")).status).toBe(200);
  silent.destroy();
});
