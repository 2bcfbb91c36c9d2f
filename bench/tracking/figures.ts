import { type Figure, round } from "../measure.ts";
import type { onEach } from "./server.ts";

type Measured<T> = Awaited<ReturnType<typeof onEach<T>>>;

/** A figure of Capstan beside the better of its peers, with how many times better it is asked to be. */
export function beside<T>(
  { capstan, postgres, peers, absent }: Measured<T>,
  figure: { name: string; unit: Figure["unit"]; digits?: number; more: "better" | "worse"; times?: number; facts?: Figure["facts"] },
  of: (measured: T) => number,
): Figure {
  const value = of(capstan);
  const theirs = peers.map((one) => of(one.measured));
  const best = figure.more === "better" ? Math.max(...theirs) : Math.min(...theirs);
  const ratio = figure.more === "better" ? value / best : best / value;
  return {
    name: figure.name,
    value: round(value, figure.digits ?? 0),
    unit: figure.unit,
    ...(postgres !== undefined && { postgres: round(of(postgres), figure.digits ?? 0) }),
    ...(peers.length > 0 && figure.times !== undefined && { goal: { text: `${figure.times} × MLflow`, holds: ratio >= figure.times } }),
    peers: Object.fromEntries(peers.map((one) => [one.name, `${round(of(one.measured), 2)} ${figure.unit}`])),
    facts: { ...figure.facts, ...(peers.length > 0 ? { times: round(ratio, 1) } : { peer: absent ?? "" }) },
  };
}
