import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type IncomingMessage } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ClientError, createClient, socketFetch } from "./index.ts";

let folder: string;
let seen: { method: string | undefined; url: string | undefined; headers: IncomingMessage["headers"]; body: string };
let answer: { status: number; body: string } = { status: 200, body: "{}" };
const server = createServer((request, response) => {
  let body = "";
  request.on("data", (piece: Buffer) => (body += piece.toString()));
  request.on("end", () => {
    seen = { method: request.method, url: request.url, headers: request.headers, body };
    response.writeHead(answer.status, { "content-type": "application/json" }).end(answer.body);
  });
});
let socket: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "capstan-http-"));
  socket = join(folder, "s");
  await new Promise<void>((resolve) => server.listen(socket, resolve));
});
afterAll(async () => {
  server.close();
  await rm(folder, { recursive: true, force: true });
});

test("inputs go into path, query and body as the operation says", async () => {
  const client = createClient({ url: "http://localhost", token: "secret", fetch: socketFetch(socket) });
  await client.call("runs.series", { project: "p q", run: ["a", "b"], key: "x/y", buckets: 10 });
  expect(seen).toMatchObject({ method: "GET", url: "/api/v1/p/p%20q/runs/series?run=a&run=b&key=x%2Fy&buckets=10", body: "" });
  expect(seen.headers.authorization).toBe("Bearer secret");
  await client.call("runs.progress", { run: "abc", done: 1, total: 2 });
  expect(seen).toMatchObject({ method: "POST", url: "/api/v1/runs/abc/progress" });
  expect(JSON.parse(seen.body)).toEqual({ done: 1, total: 2 });
});

test("a refusal carries code and remedy, whatever answered", async () => {
  const client = createClient({ url: "http://localhost", fetch: socketFetch(socket) });
  answer = {
    status: 404,
    body: JSON.stringify({ error: { code: "CAP-NOT-FOUND-001", message: "there is no run x", exit: 5, do: "look" } }),
  };
  const refused = await client.call("runs.get", { project: "p", run: "x" }).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(ClientError);
  expect(refused).toMatchObject({ code: "CAP-NOT-FOUND-001", status: 404, message: "there is no run x" });
  answer = { status: 502, body: "<html>" };
  await expect(client.call("runs.get", { project: "p", run: "x" })).rejects.toMatchObject({
    status: 502,
    message: expect.stringContaining("502"),
  });
});

test("a socket that is not there is said", async () => {
  const client = createClient({ url: "http://localhost", fetch: socketFetch(join(folder, "none")) });
  await expect(client.call("runs.get", { project: "p", run: "x" })).rejects.toMatchObject({ code: "ENOENT" });
});
