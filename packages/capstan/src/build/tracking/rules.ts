import { CapstanError } from "../../base/foundation/errors.ts";
import type { KeyedPoint, LatestMetric } from "./model.ts";
import type { Points } from "./points.ts";

/** Kinds of runs that ordinary views show. */
export const ordinaryKinds = ["user", "step", "pipeline"] as const;

/** Rank in the rule of the latest value: NaN counts as 0. */
const ranked = (value: number): number => (Number.isNaN(value) ? 0 : value);

/** The latest metric is the one that is greatest by step, time and value. */
export function isLater(a: { step: number; timeMs: number; value: number }, b: { step: number; timeMs: number; value: number }): boolean {
  if (a.step !== b.step) return a.step > b.step;
  if (a.timeMs !== b.timeMs) return a.timeMs > b.timeMs;
  return ranked(a.value) > ranked(b.value);
}

/** Points by key, each list in the order of arrival. */
export function byKey(points: readonly KeyedPoint[]): Map<string, KeyedPoint[]> {
  const groups = new Map<string, KeyedPoint[]>();
  for (const point of points) {
    const group = groups.get(point.key);
    if (group) group.push(point);
    else groups.set(point.key, [point]);
  }
  return groups;
}

/** What one batch says about one key. */
export function latestOf(key: string, points: readonly KeyedPoint[]): LatestMetric {
  let latest = points[0] as KeyedPoint;
  let min = Infinity;
  let max = -Infinity;
  let nonFinite = 0;
  for (const point of points) {
    if (isLater(point, latest)) latest = point;
    if (!Number.isFinite(point.value)) nonFinite++;
    else {
      if (point.value < min) min = point.value;
      if (point.value > max) max = point.value;
    }
  }
  const finite = nonFinite < points.length;
  return {
    key,
    step: latest.step,
    timeMs: latest.timeMs,
    value: latest.value,
    points: points.length,
    min: finite ? min : null,
    max: finite ? max : null,
    nonFinite,
  };
}

/** The same of a curve as columns. */
export function latestOfPoints(key: string, { step, timeMs, value }: Points): LatestMetric {
  let latest = { step: step[0] ?? 0, timeMs: timeMs[0] ?? 0, value: value[0] ?? 0 };
  let [min, max, nonFinite] = [Infinity, -Infinity, 0];
  for (let i = 0; i < step.length; i++) {
    const one = value[i] ?? 0;
    const at = { step: step[i] ?? 0, timeMs: timeMs[i] ?? 0, value: one };
    if (isLater(at, latest)) latest = at;
    if (!Number.isFinite(one)) nonFinite++;
    else {
      if (one < min) min = one;
      if (one > max) max = one;
    }
  }
  const finite = nonFinite < step.length;
  return { key, ...latest, points: step.length, min: finite ? min : null, max: finite ? max : null, nonFinite };
}

/** Of a run that has not been measured. */
export const unknownResources = {
  wallSeconds: null,
  cpuSeconds: null,
  gpuSeconds: null,
  peakBytes: null,
  waitSeconds: null,
  readBytes: null,
  writtenBytes: null,
};

export const terminal = (status: string): boolean => status === "FINISHED" || status === "FAILED" || status === "KILLED";

/**
 * A path of an artifact as it is kept: relative, `/` between names. Undefined for anything that could mean another place on any system:
 * absolute, `..`, backslash, drive, control characters, `#`, or a name that is encoded once more.
 */
export function safePath(path: string): string | undefined {
  let decoded = path;
  for (let i = 0; i < 10; i++) {
    let next: string;
    try {
      next = decodeURIComponent(decoded);
    } catch {
      break;
    }
    if (next === decoded) break;
    decoded = next;
  }
  for (const form of [path, decoded]) {
    if (form === "" || form.length > 1000 || form.startsWith("/") || form.endsWith("/")) return undefined;
    // oxlint-disable-next-line no-control-regex
    if (/[\\#\u0000-\u001f\u007f]/.test(form) || /^([a-z]|file):/i.test(form)) return undefined;
    if (form.split("/").some((part) => part === "" || part === "." || part === "..")) return undefined;
  }
  return path;
}

/** Text as every database keeps it: well-formed, without NUL. */
export const clean = (text: string): string => text.toWellFormed().replaceAll("\u0000", "\ufffd");
/** As `clean`; the one name that is no plain member of an object is refused. */
export function cleanKey(key: string): string {
  if (key === "__proto__") throw new CapstanError("CAP-TRACK-002", { what: "key", problem: "__proto__ cannot be a name" });
  return clean(key);
}
export const cleanTexts = (texts: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(texts).map(([key, value]) => [cleanKey(key), clean(value)]));
