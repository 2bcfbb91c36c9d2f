// Talking to the route: requests of the Open Inference Protocol (V2) and labels, over connections that stay open.
import http from "node:http";
import https from "node:https";
import { fileURLToPath } from "node:url";
import { type Fault, type NumberName, parseFault } from "./fault.ts";
import { NUMBERS } from "./features.ts";
import type { Flights } from "./flights.ts";
import { delaysAtPushBack } from "./rolling.ts";

export const PROJECT = "flight-delays";
export const ROUTE = "late-arrival";

/** What is sent of some flights, ready computed. */
export interface Served {
  flights: Flights;
  /** Per feature of NUMBERS, a value per flight. */
  numbers: Record<(typeof NUMBERS)[number], Float32Array>;
}

/** The features of the wanted flights, with what a fault makes of them. */
export function serve(flights: Flights, wanted: (flight: number) => boolean, fault: Fault = parseFault("none")): Served {
  const delays = delaysAtPushBack(flights, wanted);
  const { pushedBack, distance } = flights;
  const floats = (name: NumberName, value: (minute: number, i: number) => number) =>
    Float32Array.from(pushedBack, (minute, i) => (minute < fault.from ? value(minute, i) : fault.changed(name, value(minute, i))));
  return {
    flights,
    numbers: {
      minute: floats("minute", (minute) => minute % 1440),
      weekday: floats("weekday", (minute) => (Math.floor(minute / 1440) + 3) % 7), // 1 January 1970 was a Thursday
      distance: floats("distance", (_, i) => distance[i]!),
      origin_delay_3h: floats("origin_delay_3h", (_, i) => delays.origin[i]!),
      destination_delay_3h: floats("destination_delay_3h", (_, i) => delays.destination[i]!),
      system_delay_3h: floats("system_delay_3h", (_, i) => delays.system[i]!),
    },
  };
}

export const keyOf = ({ flights }: Served, flight: number): string => String(flights.flightId[flight]!);
export const timeOf = (minute: number): string => `${new Date(minute * 60_000).toISOString().slice(0, 19)}Z`;

/** The body of a request for these flights: the model's inputs, then key and event time for the prediction log. */
export function inferenceBody(served: Served, at: readonly number[]): string {
  const { flights, numbers } = served;
  const one = [at.length, 1];
  const text = (name: string, shape: number[], value: (i: number) => string) => ({ name, shape, datatype: "BYTES", data: at.map(value) });
  return JSON.stringify({
    inputs: [
      ...NUMBERS.map((name) => ({ name, shape: one, datatype: "FP32", data: at.map((i) => numbers[name][i]!) })),
      text("origin", one, (i) => flights.airports[flights.origin[i]!]!),
      text("destination", one, (i) => flights.airports[flights.destination[i]!]!),
      text("capstan.key", [at.length], (i) => keyOf(served, i)),
      text("capstan.observed_at", [at.length], (i) => timeOf(flights.pushedBack[i]!)),
    ],
  });
}

export class Connection {
  readonly #url: URL;
  readonly #agent: http.Agent;

  constructor(url: string, sockets: number) {
    this.#url = new URL(url);
    this.#agent = new (this.#url.protocol === "https:" ? https : http).Agent({ keepAlive: true, maxSockets: sockets });
  }

  infer(body: string, use: string): Promise<number> {
    return this.request("POST", `/v2/models/${ROUTE}/infer`, body, { "capstan-use": use }).then(({ status }) => status);
  }

  /** Status 0 is an answer that never came. */
  request(method: string, path: string, body?: string, headers: Record<string, string> = {}): Promise<{ status: number; text: string }> {
    const token = process.env["CAPSTAN_TOKEN"];
    const all = {
      ...headers,
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { "content-type": "application/json", "content-length": String(Buffer.byteLength(body)) }),
    };
    const send = this.#url.protocol === "https:" ? https.request : http.request;
    return new Promise((resolve) => {
      const failed = (error: Error) => resolve({ status: 0, text: error.message });
      const request = send(new URL(path, this.#url), { method, agent: this.#agent, headers: all, timeout: 30_000 }, (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("end", () => resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }));
        response.on("error", failed);
      });
      request.on("timeout", () => request.destroy(new Error("no answer in 30 s")));
      request.on("error", failed);
      request.end(body);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

/** A seeded tenth of all flights: who is in the replay. Flights outside it serve as traffic for releases. */
export function inReplay(flightId: number, seed: number): boolean {
  let x = Math.imul(flightId ^ Math.imul(seed, 0x9e3779b1), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 15), 0xc2b2ae35);
  return ((x ^ (x >>> 13)) >>> 0) % 10 === 0;
}

/** The file that this example replays. */
export const FLIGHTS_FILE = fileURLToPath(new URL("../../node_modules/vega-datasets/data/flights-3m.parquet", import.meta.url));
