import { request } from "node:http";
import { openMetricStream } from "@capstan/client";
import { afterEach, expect, test } from "vitest";
import { type Command, makePlace, type Place } from "./testing/processes.ts";

let place: Place;
afterEach(() => place.close());

async function serve(): Promise<{ server: Command; url: string }> {
  const server = place.start("server", "--json");
  const { url } = await server.document("it serves", (one) => one.event === "ready");
  return { server, url };
}
const post = async (url: string, path: string, body: object): Promise<Record<string, never>> =>
  (await (
    await fetch(`${url}/api/2.0/mlflow/${path}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    })
  ).json()) as never;
const newRun = async (url: string): Promise<string> =>
  ((await post(url, "runs/create", { experiment_id: "0" })) as unknown as { run: { info: { run_id: string } } }).run.info.run_id;
const history = async (url: string, run: string, key: string): Promise<{ step: number; value: number | string }[]> =>
  ((await (await fetch(`${url}/api/2.0/mlflow/metrics/get-history?run_id=${run}&metric_key=${key}`)).json()) as { metrics?: [] }).metrics ??
  [];

test("a server killed in mid-stream again and again: nothing is lost and nothing is twice", async () => {
  place = await makePlace();
  let { server, url } = await serve();
  const run = await newRun(url);
  const project = "default";
  const total = 60_000;
  let acknowledged = 0;
  let kills = 0;

  /** Sends lines from `offset` on until it is through or cut off; gives how many lines were acknowledged as durable. */
  const sendFrom = (offset: number, killAfter: number | undefined): Promise<number> =>
    new Promise((resolve) => {
      let durable = offset;
      let killed = false;
      const asked = request(
        `${url}/api/v1/p/${project}/runs/${run}/metrics?stream=loop&offset=${offset}`,
        { method: "POST", headers: { "content-type": "application/x-ndjson" } },
        (response) => {
          let text = "";
          response.on("data", (piece: Buffer) => {
            const lines = (text + piece.toString()).split("\n");
            text = lines.pop() ?? "";
            for (const line of lines) durable = (JSON.parse(line) as { durable: number }).durable;
            if (killAfter !== undefined && durable - offset >= killAfter && !killed) {
              killed = true;
              server.kill("SIGKILL");
            }
          });
          response.on("error", () => resolve(durable));
          response.on("end", () => resolve(durable));
        },
      );
      asked.on("error", () => resolve(durable));
      let next = offset;
      // Cut anywhere: pieces end in the middle of lines.
      const more = (): void => {
        if (asked.destroyed) return;
        if (next >= total) return void asked.end();
        let piece = "";
        for (let i = 0; i < 97 && next < total; i++, next++)
          piece += `${JSON.stringify({ key: "loss", value: next / 7, step: next, timeMs: 1_700_000_000_000 + next })}\n`;
        const cut = piece.length >> 1;
        asked.write(piece.slice(0, cut));
        asked.write(piece.slice(cut), () => setImmediate(more));
      };
      more();
    });

  for (const killAfter of [1, 5000, 20_000, undefined]) {
    const said = await sendFrom(acknowledged, killAfter);
    if (killAfter === undefined) {
      acknowledged = said;
      break;
    }
    await server.ended;
    kills++;
    ({ server, url } = await serve());
    const { durable } = (await (await fetch(`${url}/api/v1/p/${project}/runs/${run}/metrics?stream=loop`)).json()) as { durable: number };
    expect(durable).toBeGreaterThanOrEqual(said);
    acknowledged = durable;
  }
  expect([kills, acknowledged]).toEqual([3, total]);
  const found = await history(url, run, "loss");
  expect(found.length).toBe(total);
  expect(found.every((point, i) => point.step === i && point.value === i / 7)).toBe(true);
  // Counted, not only read once: nothing was stored twice.
  expect(place.query("select points from metric_latest where run_id = ?", run)).toEqual([{ points: total }]);
});

test("the client's stream goes on by itself when its server is killed and started again", async () => {
  place = await makePlace();
  const first = await serve();
  const run = await newRun(first.url);
  const stream = openMetricStream({ url: first.url, project: "default", run });
  for (let i = 0; i < 3000; i++) stream.log({ key: "loss", value: i === 7 ? Number.NaN : i, step: i });
  expect(await stream.flush()).toBe(3000);
  first.server.kill("SIGKILL");
  await first.server.ended;
  for (let i = 3000; i < 9000; i++) stream.log({ key: "loss", value: i, step: i });
  const flushed = stream.flush();
  const second = await serve();
  expect(second.url).toBe(first.url);
  expect(await flushed).toBe(9000);
  const found = await history(second.url, run, "loss");
  expect(found.map((point) => point.step)).toEqual(Array.from({ length: 9000 }, (_, i) => i));
  expect(found[7]?.value).toBe("NaN");
  stream.log({ key: "", value: 1 });
  await expect(stream.flush()).rejects.toMatchObject({ code: "CAP-TRACK-004", message: expect.stringContaining("line 9001") });
});
