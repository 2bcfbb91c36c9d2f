import type { Capability, Role } from "@capstan/contract";
import { roles } from "@capstan/contract";
import { statSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Host } from "../packages/capstan/src/host.ts";
import { socketPath } from "../packages/capstan/src/host-file.ts";
import { type Answer, ask, makeProject, type TestProject } from "./testing/project.ts";

let project: TestProject;
let host: Host;
let socket: string;
const tokens = new Map<Role, string>();

beforeAll(async () => {
  project = makeProject();
  host = await project.host();
  socket = socketPath(host.app.store.folder);
  for (const role of Object.keys(roles) as Role[]) {
    tokens.set(
      role,
      role === "attempt" ? await host.app.access.issueAttempt("0".repeat(32), "small", 60_000) : (await issue([role])).token,
    );
  }
});
afterAll(() => project.close());

/** By the store itself, whose local person has all roles but these two. */
async function issue(held: readonly Role[], more: { projects?: string[]; days?: number } = {}): Promise<{ id: string; token: string }> {
  const by = { ...host.app.access.local, capabilities: new Set(Object.values(roles).flat() as Capability[]) };
  return host.app.access.issue(
    { name: held.join("-"), roles: held, days: more.days ?? 1, ...(more.projects && { projects: more.projects }) },
    by,
  );
}
const port = (method: string, path: string, headers: Record<string, string> = {}, body?: string): Promise<Answer> =>
  ask({ port: host.port }, method, path, headers, body);
const bearer = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` });
/** Every parameter of a path filled with a name that nothing has. */
const filled = (path: string): string => path.replace(/\{project\}/g, "small").replace(/\{\w+(\.\.\.)?\}/g, "zz");
/** A body of a type that no operation takes: refused behind the gate, before anything is done. */
const unread = { "content-type": "text/plain" };
const writes = (method: string): boolean => method !== "GET" && method !== "DELETE";

type Shown = { name: string; method: string; path: string; capability: Capability; wholeStore?: true };
const operations = (): Shown[] =>
  host.app.operations.map(({ name, operation }) => ({
    name,
    method: operation.method,
    path: `/api/v1${filled(operation.path)}`,
    capability: operation.capability,
    ...(operation.wholeStore && { wholeStore: true }),
  }));
const wire = (): Shown[] =>
  host.app.wire.map(({ method, path, capability }) => ({ name: `${method} ${path}`, method, path: filled(path), capability }));

describe("operation × role", () => {
  test.each(Object.keys(roles) as Role[])("%s may what its role says, and nothing else", async (role) => {
    const held: ReadonlySet<string> = new Set(roles[role]);
    const wrong: string[] = [];
    for (const one of operations()) {
      const answer = await port(
        one.method,
        one.path,
        { ...bearer(tokens.get(role) ?? ""), ...(writes(one.method) && unread) },
        writes(one.method) ? "x" : undefined,
      );
      // A step's token is good for its project only.
      const expected = held.has(one.capability) && !(role === "attempt" && one.wholeStore);
      if ((answer.status !== 403) !== expected) wrong.push(`${one.name} needs ${one.capability}, answered ${answer.status}`);
      else if (!expected) expect(answer.code).toBe("CAP-ACCESS-002");
      else if (writes(one.method)) expect([one.name, answer.code]).toEqual([one.name, "CAP-REQUEST-004"]);
    }
    expect(wrong).toEqual([]);
  });

  test("without a token on loopback one may read, log and predict", async () => {
    for (const one of operations()) {
      const answer = await port(one.method, one.path, writes(one.method) ? unread : {}, writes(one.method) ? "x" : undefined);
      const open = ["read", "log", "predict"].includes(one.capability);
      expect([one.name, answer.status === 403]).toEqual([one.name, !open]);
      if (!open) expect(answer.code).toBe("CAP-ACCESS-005");
    }
  });
});

describe("every route", () => {
  const others: Shown[] = ["/api/v1/events", "/api/v1/openapi.json", "/api/v1/session", "/metrics", "/", "/anything", "/?link=x"].map(
    (path) => ({ name: path, method: "GET", path, capability: "read" }),
  );
  const every = (): Shown[] => [...operations(), ...wire(), ...others];

  test("answers 401 to who says nothing behind a proxy, and to a token that is not one", async () => {
    for (const one of every()) {
      const [proxied, wrong] = await Promise.all([
        port(
          one.method,
          one.path,
          { "x-forwarded-for": "192.0.2.1", ...(writes(one.method) && unread) },
          writes(one.method) ? "x" : undefined,
        ),
        port(one.method, one.path, { ...bearer("cap_nothing"), ...(writes(one.method) && unread) }, writes(one.method) ? "x" : undefined),
      ]);
      expect([one.name, proxied.status, wrong.status]).toEqual([one.name, 401, 401]);
    }
  });

  test("of MLflow's protocol says so in its words, and what to do", async () => {
    const { status, text } = await port("GET", "/api/2.0/mlflow/experiments/get?experiment_id=0", bearer("cap_nothing"));
    expect([status, JSON.parse(text)]).toEqual([
      401,
      { error_code: "UNAUTHENTICATED", message: expect.stringMatching(/the token is not known: send a token/) },
    ]);
    expect((await port("GET", "/api/4.0/mlflow/runs/get")).status).toBe(404);
  });

  test("of a protocol refuses a token whose role does not reach it", async () => {
    for (const one of wire()) {
      const lacking = (Object.keys(roles) as Role[]).find((role) => !(roles[role] as readonly string[]).includes(one.capability));
      if (!lacking) {
        expect([one.name, one.capability]).toEqual([one.name, "read"]);
        continue;
      }
      const answer = await port(one.method, one.path, bearer(tokens.get(lacking) ?? ""), writes(one.method) ? "{}" : undefined);
      expect([one.name, answer.status]).toEqual([one.name, 403]);
    }
  });

  test("is refused to foreign names of this machine and to other sites", async () => {
    // A protocol refuses in its own words.
    const protocols = new Set(wire().map((one) => one.name));
    for (const one of every()) {
      const foreign = await port(one.method, one.path, { host: "attacker.example" });
      expect([one.name, foreign.status, protocols.has(one.name) || foreign.code === "CAP-ACCESS-003"]).toEqual([one.name, 403, true]);
      const site = await port(one.method, one.path, { origin: "https://attacker.example" });
      expect([one.name, site.status]).toEqual([one.name, 403]);
    }
  });

  test("only health is open to all", async () => {
    expect((await port("GET", "/health", { host: "attacker.example", via: "1.1 proxy" })).text).toBe("OK");
  });
});

describe("tokens", () => {
  const session = (headers: Record<string, string>): Promise<Answer> => port("GET", "/api/v1/session", headers);

  test("come as Bearer, or as the password of Basic", async () => {
    const token = tokens.get("viewer") ?? "";
    expect(JSON.parse((await session(bearer(token))).text)).toMatchObject({ actor: "token:viewer", via: "token", roles: ["viewer"] });
    for (const name of ["mlflow", ""])
      expect(
        JSON.parse((await session({ authorization: `Basic ${Buffer.from(`${name}:${token}`).toString("base64")}` })).text),
      ).toMatchObject({ actor: "token:viewer" });
    // Behind a proxy, too: a token says more than an address.
    expect((await session({ ...bearer(token), forwarded: "for=192.0.2.1" })).status).toBe(200);
  });

  test("that are wrong, cut or empty are refused, and never taken for nobody", async () => {
    const token = tokens.get("admin") ?? "";
    const flipped = token.replace(/.(?=_[0-9a-f]{6}$)/, (c) => (c === "A" ? "B" : "A"));
    for (const wrong of ["", "x", token.slice(0, -1), flipped, `${token} `.repeat(2).trim().replace(" ", ""), token.toUpperCase()]) {
      const answer = await session({ authorization: `Bearer ${wrong}` });
      expect([wrong.length, answer.status, answer.code]).toEqual([wrong.length, 401, "CAP-ACCESS-001"]);
      expect(answer.headers["www-authenticate"]).toMatch(/^Basic/);
      expect(answer.text).not.toContain(token.slice(20, 40));
    }
    expect((await session({ authorization: `Basic ${Buffer.from("someone:").toString("base64")}` })).status).toBe(401);
  });

  test("end when they are revoked", async () => {
    const { id, token } = await issue(["viewer"]);
    expect((await session(bearer(token))).status).toBe(200);
    const revoked = await ask({ socket }, "DELETE", `/api/v1/access/tokens/${id}`);
    expect(revoked.status).toBe(200);
    expect((await session(bearer(token))).status).toBe(401);
    expect((await ask({ socket }, "DELETE", `/api/v1/access/tokens/${id}`)).code).toBe("CAP-MOVED-001");
  });

  test("end when their days are over", async () => {
    const { token } = await issue(["viewer"], { days: -1 });
    expect(await session(bearer(token))).toMatchObject({ status: 401, code: "CAP-ACCESS-001" });
  });

  test("are good for their projects only, wherever the project is named", async () => {
    const narrow = bearer((await issue(["contributor", "admin"], { projects: ["other"] })).token);
    const get = async (path: string): Promise<number> => (await port("GET", path, narrow)).status;
    expect(await get("/api/v1/p/small/data")).toBe(403);
    expect(await get("/api/v1/p/other/data")).toBe(200);
    expect(await get(`/api/v1/p/small/blobs/${"0".repeat(64)}`)).toBe(403);
    for (const one of operations().filter((shown) => shown.path.startsWith("/api/v1/p/small"))) {
      const answer = await port(
        one.method,
        one.path,
        { ...narrow, ...(writes(one.method) && unread) },
        writes(one.method) ? "x" : undefined,
      );
      expect([one.name, answer.status]).toEqual([one.name, 403]);
    }
    // Where no project is in the path, nothing but looking, and not at the project that it names.
    for (const one of host.app.operations.filter((bound) => !bound.operation.path.includes("{project}"))) {
      const { method, path, capability } = one.operation;
      const named = await port(
        method,
        `/api/v1${filled(path)}?project=small`,
        { ...narrow, ...(writes(method) && unread) },
        writes(method) ? "x" : undefined,
      );
      const takesProject = "project" in ((one.operation.input as { shape?: object }).shape ?? {});
      if (takesProject || !["read", "log", "predict"].includes(capability)) expect([one.name, named.status]).toEqual([one.name, 403]);
    }
  });

  test("limited to a project see nothing of another one where no project is named", async () => {
    const log = { ...bearer((await issue(["contributor"], { projects: ["small"] })).token), "content-type": "application/json" };
    expect((await port("POST", "/api/2.0/mlflow/experiments/create", log, '{"name": "hidden-here"}')).status).toBe(200);
    const all = bearer((await issue(["viewer"])).token);
    const narrow = bearer((await issue(["viewer", "service", "admin", "auditor"], { projects: ["other"] })).token);
    const reads: [path: string, finds: string][] = [
      ["/api/v1/projects", '"small"'],
      ["/api/v1/frame", '"small"'],
      ["/api/v1/search?q=hidden", "hidden-here"],
      ["/api/v1/search?q=small", '"small"'],
      ["/api/2.0/mlflow/experiments/search?max_results=100", "hidden-here"],
      ["/metrics", "capstan_"],
    ];
    for (const [path, finds] of reads) {
      expect([path, (await port("GET", path, all)).text.includes(finds)]).toEqual([path, true]);
      const seen = await port("GET", path, narrow);
      expect([path, seen.text.includes("hidden-here") || seen.text.includes("small")]).toEqual([path, false]);
    }
    for (const one of host.app.operations.filter((bound) => !bound.operation.path.includes("{project}"))) {
      const { method, path, wholeStore } = one.operation;
      const headers = { ...narrow, ...(writes(method) && { "content-type": "application/json" }) };
      const answer = await port(method, `/api/v1${filled(path)}`, headers, writes(method) ? "{}" : undefined);
      if (wholeStore || !["read", "log", "predict"].includes(one.operation.capability))
        expect([one.name, answer.status]).toEqual([one.name, 403]);
      // The size and root of the whole record are public by design: they are what witnesses hold.
      expect([one.name, answer.text.includes("hidden-here") || answer.text.includes('"small"')]).toEqual([one.name, false]);
    }
  });

  test("cannot make tokens that may more than they", async () => {
    const admin = bearer(tokens.get("admin") ?? "");
    const make = (role: Role): Promise<Answer> =>
      port(
        "POST",
        "/api/v1/access/tokens",
        { ...admin, "content-type": "application/json" },
        JSON.stringify({ name: "more", roles: [role] }),
      );
    expect((await make("auditor")).code).toBe("CAP-ACCESS-002");
    expect((await make("admin")).status).toBe(200);
  });

  test("are kept as a hash only, and never shown again", async () => {
    const { id, token } = await issue(["viewer"]);
    const listed = await ask({ socket }, "GET", "/api/v1/access/tokens");
    expect(listed.text).toContain(id);
    // What is secret may hold the sign that stands before it.
    const secret = token.split("_").slice(2).join("_");
    expect(listed.text).not.toContain(secret);
    const rows = await host.app.store.database.all<Record<string, unknown>>("select * from token where id = ?", [id]);
    expect(JSON.stringify(rows)).not.toContain(secret);
  });
});

describe("principals", () => {
  const json = { "content-type": "application/json" };
  const admin = async (method: string, path: string, body?: object): Promise<Answer> => {
    const answer = await ask({ socket }, method, `/api/v1${path}`, body ? json : {}, body && JSON.stringify(body));
    expect([path, answer.status, answer.status === 200 ? "" : answer.text]).toEqual([path, 200, ""]);
    return answer;
  };
  const refused = async (headers: Record<string, string>, method: string, path: string, body: object): Promise<string | undefined> =>
    (await port(method, `/api/v1${path}`, { ...headers, ...json }, JSON.stringify(body))).code;
  const tokenOf = async (principal: string, more: object = {}): Promise<Record<string, string>> =>
    bearer(JSON.parse((await admin("POST", "/access/tokens", { name: "of", principal, ...more })).text).token);
  const who = async (headers: Record<string, string>) => JSON.parse((await port("GET", "/api/v1/session", headers)).text);

  test("act by their tokens, with the roles that they and their groups hold, in the projects where they hold them", async () => {
    await host.app.call("access.addPrincipal", { principal: "mara" }, host.app.access.local);
    await admin("POST", "/access/groups", { group: "crew" });
    const token = await tokenOf("mara");
    expect(await who(token)).toMatchObject({ actor: "user:mara", roles: [] });
    const get = async (path: string): Promise<number> => (await port("GET", path, token)).status;
    expect(await get("/api/v1/p/small/data")).toBe(403);
    await admin("PUT", "/access/roles", { principal: "mara", role: "viewer", only: "small" });
    expect([await get("/api/v1/p/small/data"), await get("/api/v1/p/default/data")]).toEqual([200, 403]);
    const run = (project: string): Promise<Answer> => port("POST", `/api/v1/p/${project}/pipeline/runs`, { ...token, ...unread }, "x");
    expect((await run("small")).code).toBe("CAP-ACCESS-002");
    await admin("PUT", "/access/roles", { group: "crew", role: "contributor", only: "default" });
    await admin("PUT", "/access/groups/crew/members/mara", {});
    // Let in in one project, and not in the other; where none is named, only what holds in both.
    expect([(await run("small")).code, (await run("default")).code]).toEqual(["CAP-ACCESS-002", "CAP-REQUEST-004"]);
    expect((await port("POST", "/api/2.0/mlflow/experiments/create", { ...token, ...json }, '{"name": "mine"}')).status).toBe(403);
    const narrow = await tokenOf("mara", { projects: ["default"] });
    expect((await port("POST", "/api/2.0/mlflow/experiments/create", { ...narrow, ...json }, '{"name": "mine"}')).status).toBe(200);
    expect((await port("GET", "/api/v1/p/small/data", narrow)).status).toBe(403);
    const less = await tokenOf("mara", { roles: ["viewer"] });
    expect((await port("POST", "/api/v1/p/default/pipeline/runs", { ...less, ...unread }, "x")).code).toBe("CAP-ACCESS-002");
    await admin("PUT", "/access/groups/crew/members/mara", { member: false });
    expect((await run("default")).code).toBe("CAP-ACCESS-002");
    await admin("DELETE", "/access/principals/mara");
    expect((await port("GET", "/api/v1/session", token)).status).toBe(401);
    expect(await refused(bearer(tokens.get("admin") ?? ""), "POST", "/access/principals", { principal: "mara" })).toBe("CAP-EXISTS-001");
    const left = JSON.parse((await admin("GET", "/access/principals")).text);
    expect(left.principals).toMatchObject([{ principal: "mara", ended: expect.any(String), groups: [], roles: [], tokens: 0 }]);
    const rows = await host.app.store.database.all<{ leaf: string }>("select * from entry order by at_ms");
    for (const row of rows) expect(JSON.stringify({ ...row, payload: null })).not.toContain("mara");
  });

  test("give nothing to themselves, and services sign nothing", async () => {
    await admin("POST", "/access/principals", { principal: "chief" });
    await admin("POST", "/access/groups", { group: "signers" });
    await admin("PUT", "/access/roles", { principal: "chief", role: "admin" });
    await admin("PUT", "/access/roles", { group: "signers", role: "reviewer" });
    const chief = await tokenOf("chief");
    expect(await refused(chief, "PUT", "/access/roles", { principal: "chief", role: "reviewer" })).toBe("CAP-ACCESS-006");
    expect(await refused(chief, "PUT", "/access/groups/signers/members/chief", {})).toBe("CAP-ACCESS-006");
    expect(await refused(chief, "PUT", "/access/roles", { principal: "nobody", role: "reviewer" })).toBe("CAP-NOT-FOUND-001");
    expect(await refused(chief, "PUT", "/access/roles", { role: "reviewer" })).toBe("CAP-REQUEST-001");
    expect(await refused(chief, "POST", "/access/principals", { principal: "ci", kind: "service" })).toBeUndefined();
    expect(await refused(chief, "PUT", "/access/roles", { principal: "ci", role: "reviewer" })).toBe("CAP-ACCESS-002");
    expect(await refused(chief, "PUT", "/access/groups/signers/members/ci", {})).toBe("CAP-ACCESS-002");
    expect(await refused(chief, "PUT", "/access/roles", { principal: "ci", role: "contributor", only: "nowhere" })).toBe(
      "CAP-NOT-FOUND-001",
    );
    expect(await refused(chief, "PUT", "/access/roles", { principal: "ci", role: "contributor", only: "small" })).toBeUndefined();
    // A token of somebody who may more would be a way around.
    expect(await refused(chief, "POST", "/access/tokens", { name: "x", principal: "ci" })).toBe("CAP-ACCESS-002");
    expect(await refused(chief, "POST", "/access/tokens", { name: "x", principal: "chief" })).toBeUndefined();
    expect(await who(await tokenOf("ci"))).toMatchObject({ actor: "service:ci", roles: ["contributor"] });
  });
});

describe("browsers", () => {
  const write = (headers: Record<string, string>): Promise<Answer> =>
    port("POST", "/api/v1/runs/zz/progress", { ...unread, ...headers }, "x");

  test("of this page may write, others may not", async () => {
    const own = `127.0.0.1:${host.port}`;
    expect((await write({ origin: `http://${own}`, "sec-fetch-site": "same-origin" })).code).toBe("CAP-REQUEST-004");
    expect((await write({ "sec-fetch-site": "none" })).code).toBe("CAP-REQUEST-004");
    for (const headers of [
      { origin: "null" },
      { origin: "http://127.0.0.1:1" },
      { origin: `https://${own}.attacker.example` },
      { origin: "not an origin" },
      { "sec-fetch-site": "cross-site" },
      { "sec-fetch-site": "same-site" },
    ]) {
      expect([headers, (await write(headers)).code]).toEqual([headers, "CAP-ACCESS-004"]);
    }
  });

  test("reach the loopback port by its own names only", async () => {
    for (const name of ["127.0.0.1", "localhost", "LOCALHOST", "[::1]"])
      expect([name, (await port("GET", "/api/v1/session", { host: `${name}:${host.port}` })).status]).toEqual([name, 200]);
    for (const name of ["127.0.0.1.attacker.example", "localhost.attacker.example", "0.0.0.0", "127.1"])
      expect([name, (await port("GET", "/api/v1/session", { host: name })).code]).toEqual([name, "CAP-ACCESS-003"]);
  });

  test.each(["forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-forwarded-port", "x-forwarded-server"])(
    "behind a proxy (%s) nobody comes in without a token, with a session neither",
    async (name) => {
      const cookie = await sessionCookie();
      expect((await port("GET", "/api/v1/session", { [name]: "x" })).status).toBe(401);
      expect((await port("GET", "/api/v1/session", { [name]: "x", cookie })).status).toBe(401);
    },
  );

  test("are told no other origin may read", async () => {
    const answer = await port("GET", "/api/v1/session", { origin: `http://127.0.0.1:${host.port}` });
    expect(Object.keys(answer.headers).filter((name) => name.startsWith("access-control"))).toEqual([]);
  });

  async function sessionCookie(): Promise<string> {
    const opened = await port("GET", `/?link=${host.app.access.oneTimeLink()}`);
    return String(opened.headers["set-cookie"]?.[0]).split(";")[0] ?? "";
  }

  test("open one session with a link, once", async () => {
    const made = JSON.parse((await ask({ socket }, "POST", "/api/v1/access/link", { "content-type": "application/json" }, "{}")).text) as {
      code: string;
    };
    const opened = await port("GET", `/?link=${made.code}`);
    expect(opened).toMatchObject({ status: 303, headers: { location: "/" } });
    const cookie = String(opened.headers["set-cookie"]?.[0]);
    expect(cookie).toMatch(/; HttpOnly; SameSite=Lax; Path=\/;/);
    const again = await port("GET", `/?link=${made.code}`);
    expect(again.status).toBe(303);
    expect(again.headers["set-cookie"]).toBeUndefined();

    const held = { cookie: cookie.split(";")[0] ?? "" };
    expect(JSON.parse((await port("GET", "/api/v1/session", held)).text)).toMatchObject({ via: "session" });
    expect((await port("GET", "/api/v1/access/tokens", held)).status).toBe(200);
    // The session is no way around the page's own origin.
    expect(
      (await port("POST", "/api/v1/access/link", { ...held, "content-type": "application/json", origin: "https://attacker.example" }, "{}"))
        .code,
    ).toBe("CAP-ACCESS-004");
    expect(
      (await port("POST", "/api/v1/access/link", { ...held, "content-type": "application/json", "sec-fetch-site": "cross-site" }, "{}"))
        .code,
    ).toBe("CAP-ACCESS-004");
    // A wrong cookie is nobody, not somebody.
    expect(JSON.parse((await port("GET", "/api/v1/session", { cookie: "capstan_session=x" })).text)).toMatchObject({ via: "loopback" });
  });

  test("cannot make a link without a session", async () => {
    expect((await port("POST", "/api/v1/access/link", { "content-type": "application/json" }, "{}")).code).toBe("CAP-ACCESS-005");
  });
});

test("a slash too many before a client's path is no host", async () => {
  expect(JSON.parse((await port("GET", "//api/2.0/mlflow/experiments/get?experiment_id=0")).text)).toHaveProperty("experiment");
});

test("the private socket is its owner's alone and has all rights", async () => {
  expect(statSync(socket).mode & 0o777).toBe(0o600);
  expect(JSON.parse((await ask({ socket }, "GET", "/api/v1/session")).text)).toMatchObject({ via: "session" });
});

test("a refusal shows neither stack nor path of this machine", async () => {
  for (const [method, path] of [
    ["GET", "/api/v1/nothing"],
    ["GET", "/api/v1/p/%/data"],
    ["GET", "//"],
    ["GET", "//attacker.example/health"],
    ["GET", "//attacker.example/api/v1/session"],
    ["POST", "/"],
  ] as const) {
    const answer = await port(method, path);
    expect([path, answer.status]).toEqual([path, 404]);
    expect(answer.text).not.toMatch(/\.ts\b|node:|\n +at |packages/);
  }
});
