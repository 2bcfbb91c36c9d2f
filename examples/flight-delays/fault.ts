// A feed that goes wrong on purpose from some day on, in one line:
//   distance*1.609344 from 2001-06-04        one of the numbers sent, multiplied
//   origin_delay_3h+60 from 2001-06-04       or shifted
//   without ATL from 2001-06-04              nothing is sent of flights from one airport
//   none
import { NUMBERS } from "./features.ts";

export type NumberName = (typeof NUMBERS)[number];

export interface Fault {
  /** Epoch minute from which it is there. */
  from: number;
  /** What is sent instead of a number. */
  changed(name: NumberName, value: number): number;
  /** Whether flights from this airport are missing. */
  missing(origin: string): boolean;
}

export function parseFault(text: string): Fault {
  const nothing: Fault = { from: Infinity, changed: (_, value) => value, missing: () => false };
  if (text === "none") return nothing;
  const [what = "", day = ""] = text.split(" from ");
  const from = Date.parse(day) / 60_000;
  const airport = /^without ([A-Z]{3})$/.exec(what)?.[1];
  const [, column, sign, size] = /^(\w+)([*+])(-?[\d.]+)$/.exec(what) ?? [];
  if (Number.isNaN(from) || (airport === undefined && !(NUMBERS as readonly string[]).includes(column ?? "")))
    throw new Error(`${text} is no fault: write "distance*1.609344 from 2001-06-04", "without ATL from 2001-06-04" or "none"`);
  if (airport !== undefined) return { ...nothing, from, missing: (origin) => origin === airport };
  const by = Number(size);
  return { ...nothing, from, changed: (name, value) => (name !== column ? value : sign === "*" ? value * by : value + by) };
}
