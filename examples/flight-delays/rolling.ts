// The rolling delays of features.ts, kept up to date landing by landing: what a live caller computes.
import { ROLLING_MINUTES } from "./features.ts";
import type { Flights } from "./flights.ts";

export interface Delays {
  origin: number;
  destination: number;
  system: number;
}

/** Knows only what it was told: landings, in the order in which they happen. Airports are small whole numbers. */
export class Rolling {
  readonly #sum: Float64Array;
  readonly #count: Int32Array;
  readonly #system: number; // the place of all airports together
  readonly #window: { minute: number; origin: number; destination: number; delay: number }[] = [];
  #oldest = 0;
  #now = -Infinity;

  constructor(airports: number) {
    this.#sum = new Float64Array(airports + 1);
    this.#count = new Int32Array(airports + 1);
    this.#system = airports;
  }

  landed(minute: number, origin: number, destination: number, delay: number): void {
    if (minute < this.#now) throw new Error(`A flight that landed in minute ${minute} was told after minute ${this.#now}`);
    this.#now = minute;
    this.#window.push({ minute, origin, destination, delay });
    this.#add(origin, destination, delay, 1);
  }

  /** For a push-back in this minute, which must be later than every landing told so far. */
  at(minute: number, origin: number, destination: number): Delays {
    if (minute <= this.#now) throw new Error(`A push-back in minute ${minute} must not see the landings of minute ${this.#now}`);
    for (let first; (first = this.#window[this.#oldest]) !== undefined && first.minute < minute - ROLLING_MINUTES; this.#oldest++) {
      this.#add(first.origin, first.destination, -first.delay, -1);
    }
    if (this.#oldest > 100_000) this.#oldest -= this.#window.splice(0, this.#oldest).length; // forget what nobody asks for again
    const system = this.#mean(this.#system) ?? 0;
    return { origin: this.#mean(origin) ?? system, destination: this.#mean(destination) ?? system, system };
  }

  #mean(place: number): number | undefined {
    return this.#count[place] === 0 ? undefined : this.#sum[place]! / this.#count[place]!;
  }

  #add(origin: number, destination: number, delay: number, count: 1 | -1): void {
    for (const place of [origin, destination, this.#system]) {
      this.#sum[place] = this.#sum[place]! + delay;
      this.#count[place] = this.#count[place]! + count;
    }
  }
}

/** Lives through the flights minute by minute and returns the delays seen at push-back, as float32, for the flights that are wanted. */
export function delaysAtPushBack(flights: Flights, wanted: (flight: number) => boolean): Record<keyof Delays, Float32Array> {
  const { count, pushedBack, landed, origin, destination, delay } = flights;
  const seen = { origin: new Float32Array(count), destination: new Float32Array(count), system: new Float32Array(count) };
  const rolling = new Rolling(flights.airports.length);
  const landings = Uint32Array.from(landed.keys()).sort((a, b) => landed[a]! - landed[b]!);
  let next = 0;
  for (let i = 0; i < count; i++) {
    if (!wanted(i)) continue;
    for (; next < count && landed[landings[next]!]! < pushedBack[i]!; next++) {
      const k = landings[next]!;
      rolling.landed(landed[k]!, origin[k]!, destination[k]!, delay[k]!);
    }
    const delays = rolling.at(pushedBack[i]!, origin[i]!, destination[i]!);
    seen.origin[i] = delays.origin;
    seen.destination[i] = delays.destination;
    seen.system[i] = delays.system;
  }
  return seen;
}
