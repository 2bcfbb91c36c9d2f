/** Seconds, bytes or shares in one of each. */
const units: Readonly<Record<string, number>> = {
  "%": 0.01,
  ms: 0.001,
  s: 1,
  min: 60,
  h: 3600,
  d: 86_400,
  w: 604_800,
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
};
export const isUnit = (text: string): boolean => Object.hasOwn(units, text);
const dayMs = 86_400_000;

/** `10`, `90%`, `10min`, `2GB` as a number: of seconds, of bytes, or as it is. */
export function quantityOf(text: string): number | undefined {
  const [, number = "", unit = ""] = /^([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]+)?)([a-zA-Z%]*)$/i.exec(text) ?? [];
  if (number === "" || (unit !== "" && !isUnit(unit))) return undefined;
  return Number(number) * (units[unit] ?? 1);
}

/** A moment, or a day, as from when to before when in ms since 1970. Days are those of UTC. */
export function timeOf(text: string, nowMs: number): { fromMs: number; toMs: number } | undefined {
  const at = (fromMs: number, lengthMs = 0) => (Number.isNaN(fromMs) ? undefined : { fromMs, toMs: fromMs + lengthMs });
  const today = Math.floor(nowMs / dayMs) * dayMs;
  if (text === "now") return at(nowMs);
  if (text === "today") return at(today, dayMs);
  if (text === "yesterday") return at(today - dayMs, dayMs);
  const ago = /^-[0-9.]+(?:s|min|h|d|w)$/.test(text) ? quantityOf(text) : undefined;
  if (ago !== undefined) return at(Math.round(nowMs + ago * 1000));
  if (/^\d{4}-\d\d-\d\d$/.test(text)) return at(Date.parse(`${text}T00:00:00Z`), dayMs);
  if (/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,3})?)?Z?$/.test(text)) return at(Date.parse(text.endsWith("Z") ? text : `${text}Z`));
  return undefined;
}
