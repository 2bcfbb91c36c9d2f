import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, get, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { sendFile } from "./sent-file.ts";

const bytes = randomBytes(3_000_001);
let folder: string;
let path: string;
let server: Server;
let url: string;
let outcome: Promise<void>;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "sent-"));
  path = join(folder, "file");
  writeFileSync(path, bytes);
  server = createServer((request, response) => {
    const [start, end] = (request.url ?? "").slice(1).split("-").map(Number);
    outcome = sendFile(response, { path, start: start ?? 0, end: end ?? 0 }, () => response.writeHead(200));
    outcome.catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true });
});

test("the bytes asked for come, whole or a part", async () => {
  for (const [start, end] of [
    [0, bytes.length],
    [1, 2],
    [524_287, 1_572_865],
    [7, 7],
  ] as const) {
    const answer = await fetch(`${url}/${start}-${end}`);
    expect(Buffer.from(await answer.arrayBuffer()).equals(bytes.subarray(start, end))).toBe(true);
    await outcome;
  }
});

test("a reader that goes away, and a file that is shorter than said, end it", async () => {
  const [response] = (await once(get(`${url}/0-${bytes.length}`), "response")) as [IncomingMessage];
  response.destroy();
  await expect(outcome).rejects.toThrow();
  await expect(fetch(`${url}/0-${bytes.length + 10}`).then((answer) => answer.arrayBuffer())).rejects.toThrow();
  await expect(outcome).rejects.toThrow("shorter");
});
