import type { Points } from "../points.ts";
import { wireNumber } from "./messages.ts";

/** Points as the protocol shows them, without what is around a list; `more` comes last in each. */
export function pointsText(key: string, { step, timeMs, value }: Points, from: number, to: number, more = ""): string {
  const start = `{"key":${JSON.stringify(key)},"value":`;
  let text = "";
  for (let at = from; at < to; at++) {
    const one = value[at] ?? 0;
    text += `${at > from ? "," : ""}${start}${Number.isFinite(one) ? one : JSON.stringify(wireNumber(one))},"timestamp":${timeMs[at]},"step":${step[at]}${more}}`;
  }
  return text;
}
