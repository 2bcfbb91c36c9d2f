// Single requests at a steady rate, for a release to look at: flights of 1 to 7 April that the replay leaves out.
//   node traffic.ts --url http://127.0.0.1:7070 --rate 500 --max 10000
import { parseArgs } from "node:util";
import { readFlights } from "./flights.ts";
import { Connection, FLIGHTS_FILE, inReplay, inferenceBody, serve } from "./route.ts";

const { values } = parseArgs({
  options: {
    url: { type: "string" },
    rate: { type: "string", default: "500" }, // requests a second
    max: { type: "string", default: "10000" },
    skip: { type: "string", default: "0" }, // flights used before
    seed: { type: "string", default: "7" },
    file: { type: "string", default: FLIGHTS_FILE },
  },
});
if (values.url === undefined) throw new Error("Say where the server is: --url http://127.0.0.1:7070");

const AT_ONCE = 16;
const [rate, max, skip, seed] = [Number(values.rate), Number(values.max), Number(values.skip), Number(values.seed)];
const first = Date.parse("2001-04-01") / 60_000;

let stopped = false;
for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => (stopped = true));

const flights = await readFlights(values.file, "2001-04-01", "2001-04-08");
const outside = Array.from(flights.flightId.keys()).filter((i) => flights.pushedBack[i]! >= first && !inReplay(flights.flightId[i]!, seed));
// In a seeded random order, so that a few seconds of traffic look like the whole week and not like its first night.
outside.sort((a, b) => Math.imul(flights.flightId[a]! ^ seed, 0x9e3779b1) - Math.imul(flights.flightId[b]! ^ seed, 0x9e3779b1));
const all = new Set(outside);
const served = serve(flights, (i) => all.has(i));
const connection = new Connection(values.url, AT_ONCE);

const total = { requests: 0, failed: 0 };
const started = performance.now();
let sent = 0;
await Promise.all(
  Array.from({ length: AT_ONCE }, async () => {
    while (!stopped && sent < max) {
      const turn = sent++;
      const due = started + (turn / rate) * 1000;
      const wait = due - performance.now();
      if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
      if (stopped) return;
      const status = await connection.infer(inferenceBody(served, [outside[(skip + turn) % outside.length]!]), "release");
      total.requests++;
      if (status !== 200) total.failed++;
    }
  }),
);
connection.close();
console.log(JSON.stringify({ done: true, ...total }));
