/** Three or four significant digits, as people read them. */
export function number(value: number): string {
  if (value === 0 || !Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (size >= 1000) return Math.round(value).toLocaleString("en-US").replaceAll(",", " ");
  return String(Number(value.toPrecision(size >= 100 ? 4 : 3)));
}
export const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
export const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? "" : "s"}`;
/** `23 Apr`, UTC; windows that do not begin at midnight also say the hour. */
export function dayOf(ms: number): string {
  const [, day, month] = new Date(ms).toUTCString().split(" ");
  const clock = ms % 86_400_000 === 0 ? "" : ` ${new Date(ms).toISOString().slice(11, 16)}`;
  return `${Number(day)} ${month}${clock}`;
}
/** `7 days`, `1 hour`. */
export function lengthOf(ms: number): string {
  const [unit, size] = ms % 86_400_000 === 0 ? ["day", 86_400_000] : ms % 3_600_000 === 0 ? ["hour", 3_600_000] : ["minute", 60_000];
  return plural(Math.round(ms / Number(size)), String(unit));
}
