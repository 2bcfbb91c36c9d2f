// Replays a tenth of each day's flights against the route as live traffic, with the truth following as flights land.
//   node replay.ts --url http://127.0.0.1:7070 --from 2001-04-01 --to 2001-07-01
// Stopped and started again, it goes on where it was. --fault spoils what it sends from some day on: see fault.ts.
import { parseArgs } from "node:util";
import { parseFault } from "./fault.ts";
import { dayOf, readFlights } from "./flights.ts";
import { Connection, FLIGHTS_FILE, inReplay, inferenceBody, keyOf, PROJECT, ROUTE, serve, timeOf } from "./route.ts";

const { values } = parseArgs({
  options: {
    url: { type: "string" },
    from: { type: "string", default: "2001-04-01" },
    to: { type: "string", default: "2001-07-01" },
    fault: { type: "string", default: "none" },
    seed: { type: "string", default: "7" },
    file: { type: "string", default: FLIGHTS_FILE },
  },
});
if (values.url === undefined) throw new Error("Say where the server is: --url http://127.0.0.1:7070");

const ROWS_PER_REQUEST = 64;
const AT_ONCE = 4;
const seed = Number(values.seed);
const fault = parseFault(values.fault);
const first = Date.parse(values.from) / 60_000;

const connection = new Connection(values.url, AT_ONCE);
const routePath = `/api/v1/p/${PROJECT}/routes/${ROUTE}`;
const known = await connection.request("GET", `${routePath}/predictions/keys?use=replay`);
if (known.status !== 200) throw new Error(`${values.url} does not say what it has seen: ${known.status} ${known.text}`);
const logged = new Set((JSON.parse(known.text) as { keys: string[] }).keys);

const flights = await readFlights(values.file, values.from, values.to);
const heard = (i: number) => flights.pushedBack[i]! < fault.from || !fault.missing(flights.airports[flights.origin[i]!]!);
const wanted = (i: number) => flights.pushedBack[i]! >= first && inReplay(flights.flightId[i]!, seed) && heard(i);
const served = serve(flights, wanted, fault);

const days = new Map<string, number[]>();
for (let i = 0; i < flights.count; i++) {
  if (!wanted(i)) continue;
  const day = dayOf(flights.pushedBack[i]!);
  const list = days.get(day);
  if (list === undefined) days.set(day, [i]);
  else list.push(i);
}

const total = { requests: 0, rows: 0, failed: 0 };
let inTheAir: number[] = [];
for (const [day, rows] of days) {
  const fresh = rows.filter((i) => !logged.has(keyOf(served, i)));
  await inTurns(pieces(fresh, ROWS_PER_REQUEST), async (some) => {
    const status = await connection.infer(inferenceBody(served, some), "replay");
    total.requests++;
    if (status === 200) total.rows += some.length;
    else total.failed++;
  });
  const midnight = Date.parse(day) / 60_000 + 1440;
  inTheAir.push(...rows);
  await label(inTheAir.filter((i) => flights.landed[i]! < midnight));
  inTheAir = inTheAir.filter((i) => flights.landed[i]! >= midnight);
  console.log(JSON.stringify({ day, sent: fresh.length, rows: rows.length }));
}
await label(inTheAir);
connection.close();
console.log(JSON.stringify({ done: true, until: `${values.to}T00:00:00Z`, ...total }));

/** Tells the truth about flights that have landed; the same label twice does no harm. */
async function label(landed: number[]): Promise<void> {
  const inOrder = landed.toSorted((a, b) => flights.landed[a]! - flights.landed[b]!);
  for (const some of pieces(inOrder, 2000)) {
    const labels = some.map((i) => ({
      key: keyOf(served, i),
      value: flights.delay[i]! >= 15 ? 1 : 0,
      observed_at: timeOf(flights.landed[i]!),
    }));
    const { status, text } = await connection.request("POST", `${routePath}/labels`, JSON.stringify({ labels }));
    if (status !== 200) throw new Error(`Labels were refused: ${status} ${text}`);
  }
}

function pieces<T>(list: T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(list.length / size) }, (_, k) => list.slice(k * size, (k + 1) * size));
}

/** A few at once, begun in order. */
async function inTurns<T>(list: T[], act: (item: T) => Promise<void>): Promise<void> {
  const items = list.values();
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (const item of items) await act(item);
    }),
  );
}
