import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { toCapstanError } from "../../../base/foundation/errors.ts";
import { person as caller } from "../../../testing/person.ts";
import { openTestStore, type TestStore } from "../../../testing/store.ts";
import { trackingMigrations } from "../migrations.ts";
import { createTrackingService, type TrackingService } from "../service.ts";
import { ingestRoutes } from "./routes.ts";
import { takeStream } from "./stream.ts";

let open: TestStore;
let tracking: TrackingService;
let server: Server;
let url: string;
let run: string;

beforeAll(async () => {
  open = await openTestStore(trackingMigrations);
  tracking = createTrackingService({ store: open.store });
  const routes = ingestRoutes(tracking, open.store);
  server = createServer((request, response) => {
    const at = new URL(request.url ?? "/", "http://localhost");
    const match = /^\/api\/v1\/p\/(\w+)\/runs\/(\w+)\/(metrics(?:\/live)?)$/.exec(at.pathname);
    const route = routes.find((one) => one.method === request.method && one.path.endsWith(`/${match?.[3]}`));
    const params = { project: match?.[1] ?? "", run: match?.[2] ?? "" };
    route
      ?.handle(request, response, { params, url: at, caller, admitted: async () => undefined })
      .catch((thrown: unknown) =>
        response.writeHead(toCapstanError(thrown).status).end(JSON.stringify({ error: toCapstanError(thrown).body() })),
      );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await tracking.idle();
  await open.close();
});
beforeEach(async () => {
  run = (await tracking.createRun({ project: "default", experimentId: "0", kind: "user", name: "r", startedMs: 1 }, caller)).id;
});

const lineOf = (i: number): string => JSON.stringify({ key: "loss", value: i / 3, step: i, timeMs: 1000 + i });
const lines = (from: number, to: number): string => Array.from({ length: to - from }, (_, i) => `${lineOf(from + i)}\n`).join("");
async function send(body: string, offset = 0, more: { type?: string; stream?: string } = {}) {
  const answer = await fetch(`${url}/api/v1/p/default/runs/${run}/metrics?stream=${more.stream ?? "s"}&offset=${offset}`, {
    method: "POST",
    headers: { "content-type": more.type ?? "application/x-ndjson" },
    body,
  });
  const last = JSON.parse((await answer.text()).trimEnd().split("\n").at(-1) ?? "") as { durable?: number; error?: { code: string } };
  return { status: answer.status, durable: last.durable, code: last.error?.code };
}
const steps = async (): Promise<number[]> => [...(await tracking.history(run, "loss")).step];
const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

test("lines that come again are passed over, a gap is refused, blank lines do not count", async () => {
  expect(await send(lines(0, 10))).toEqual({ status: 200, durable: 10, code: undefined });
  expect(await send(lines(4, 14), 4)).toMatchObject({ status: 200, durable: 14 });
  expect(await send(lines(16, 18), 16)).toMatchObject({ status: 409, code: "CAP-TRACK-005" });
  expect(await send(`\n${lineOf(14)}\r\n\n${lineOf(15)}`, 14)).toMatchObject({ status: 200, durable: 16 });
  expect(await steps()).toEqual(upTo(16));
  const [metric] = await tracking.latestMetrics(run);
  expect(metric).toMatchObject({ step: 15, points: 16 });
  expect(await send(lines(0, 3), 0, { stream: "other" })).toMatchObject({ durable: 3 });
});

test("a wrong line is named, and what came before it is kept", async () => {
  const wrong = [
    "{",
    "[]",
    '{"value":1}',
    '{"key":"loss"}',
    '{"key":"loss","value":"1"}',
    '{"key":"loss","value":1,"step":0.5}',
    '{"key":"loss","value":1,"timeMs":-1}',
    '{"key":"__proto__","value":1}',
    `{"key":"${"x".repeat(20_000)}","value":1}`,
  ];
  let kept = 0;
  for (const line of wrong) {
    expect(await send(`${lines(kept, kept + 5)}${line}\n${lines(kept + 5, kept + 9)}`, kept)).toEqual({
      status: 400,
      durable: kept + 5,
      code: "CAP-TRACK-004",
    });
    kept += 5;
  }
  const { error } = await takeStream(
    tracking,
    { runId: run, stream: "s", offset: kept, caller },
    (async function* () {
      yield new TextEncoder().encode(lines(kept, kept + 2));
      yield new Uint8Array([0xff, 0xfe, 10]);
    })(),
    () => 0,
    () => undefined,
  );
  expect(error).toMatchObject({ code: "CAP-TRACK-004", params: { line: kept + 3, problem: "it is not UTF-8" } });
  expect(await steps()).toEqual(upTo(kept + 2));
  expect(await send(lines(0, 1), 0, { type: "application/json" })).toMatchObject({ status: 415 });
  expect(await send(lines(0, 1), 0, { stream: "a b" })).toMatchObject({ status: 400, code: "CAP-TRACK-002" });
});

test("two connections that send the same stream at once leave each line once", async () => {
  const pieces = (from: number, to: number) =>
    (async function* () {
      for (let at = from; at < to; at += 50) {
        yield new TextEncoder().encode(lines(at, Math.min(to, at + 50)));
        await new Promise((resolve) => setImmediate(resolve));
      }
    })();
  const at = { runId: run, stream: "s", offset: 0, caller };
  const [a, b] = await Promise.all([
    takeStream(
      tracking,
      at,
      pieces(0, 9000),
      () => 0,
      () => undefined,
    ),
    takeStream(
      tracking,
      at,
      pieces(0, 9500),
      () => 0,
      () => undefined,
    ),
  ]);
  expect([a.error, b.error, Math.max(a.durable, b.durable)]).toEqual([undefined, undefined, 9500]);
  await tracking.idle();
  expect(await steps()).toEqual(upTo(9500));
  expect(await tracking.latestMetrics(run)).toMatchObject([{ points: 9500 }]);
});

test("a sealed run takes lines as a recorded change; infinities and NaN are values", async () => {
  await tracking.endRun(run, { status: "FINISHED", endedMs: 5 }, caller);
  expect(await send('{"key":"loss","value":"NaN","step":1}\n{"key":"loss","value":"-Infinity","step":2}\n')).toMatchObject({
    status: 200,
    durable: 2,
  });
  expect([...(await tracking.history(run, "loss")).value].sort()).toEqual([-Infinity, NaN]);
  expect(await tracking.verifySeal(run)).toMatchObject({ verdict: "pass", points: 2 });
});

type Message = { event: string; id: string; data: { points?: [string, number, number, number | string][]; keys?: string[] } };
/** Follows until `enough` says so. */
async function follow(enough: (all: Message[]) => boolean, lastId?: string): Promise<Message[]> {
  const ended = new AbortController();
  const answer = await fetch(`${url}/api/v1/p/default/runs/${run}/metrics/live`, {
    signal: ended.signal,
    headers: lastId === undefined ? {} : { "last-event-id": lastId },
  });
  const all: Message[] = [];
  let text = "";
  for await (const piece of (answer.body as ReadableStream<Uint8Array>).pipeThrough(
    new TextDecoderStream() as never,
  ) as unknown as AsyncIterable<string>) {
    const parts = (text + piece).split("\n\n");
    text = parts.pop() ?? "";
    for (const part of parts) {
      const fields = Object.fromEntries(part.split("\n").map((one) => one.split(/: ?(.*)/s).slice(0, 2))) as Record<string, string>;
      if (fields["event"] === undefined) all.push({ event: "open", id: fields["id"] ?? "", data: {} });
      else all.push({ event: fields["event"], id: fields["id"] ?? "", data: JSON.parse(fields["data"] ?? "{}") as Message["data"] });
      if (all.length === 1 && lastId === undefined) await send(lines(0, 3));
    }
    if (enough(all)) break;
  }
  ended.abort();
  return all;
}
const pointsOf = (all: Message[]): number[] => all.flatMap((one) => one.data.points ?? []).map(([, step]) => step);

test("new points are told as they come; who comes back with the last id misses none; the end is told", async () => {
  const first = await follow((all) => pointsOf(all).length >= 3);
  expect(pointsOf(first)).toEqual([0, 1, 2]);
  const last = first.at(-1)?.id ?? "";
  await send(lines(3, 6), 3);
  await tracking.logBatch(run, { metrics: [{ key: "acc", value: NaN, step: 1, timeMs: 1 }] }, caller);
  const second = await follow((all) => pointsOf(all).length >= 4, last);
  expect(second.flatMap((one) => one.data.points ?? []).map(([key, step, , value]) => [key, step, value])).toEqual([
    ["loss", 3, 1],
    ["loss", 4, 4 / 3],
    ["loss", 5, 5 / 3],
    ["acc", 1, "NaN"],
  ]);
  // What went into blocks meanwhile is to be read again.
  await send(lines(6, 9000), 6);
  await tracking.idle();
  await tracking.endRun(run, { status: "FINISHED", endedMs: 5 }, caller);
  const third = await follow((all) => all.some((one) => one.event === "sealed"), second.at(-1)?.id);
  expect(third.map((one) => one.event)).toEqual(["open", "reread", "sealed"]);
  expect(third[1]?.data.keys).toContain("loss");
});
