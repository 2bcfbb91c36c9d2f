import { type ColumnProfile } from "@capstan/statistics";
import { canonicalJson, type Json } from "../../base/foundation/canonical-json.ts";
import type { Store } from "../../base/record/store.ts";
import { type Baseline, columnOf, tilesOf } from "./baseline.ts";
import type { Cause, JudgedWindow, Monitor, Quality, SeriesSpec, WindowFacts } from "./model.ts";

/** Everything that one judgement rests on, frozen: it can be computed again from this and shown without its rows. */
export type Evidence = {
  readonly v: 1;
  readonly monitor: string;
  readonly window: JudgedWindow;
  readonly reference: { readonly name: string; readonly digest: string; readonly windows: readonly number[] };
  readonly segments: readonly string[];
  readonly alpha: number;
  /** By id of the series. */
  readonly series: Readonly<Record<string, { readonly spec: SeriesSpec; readonly values: readonly number[] }>>;
  /** Both sides of each distribution, by id of the series. */
  readonly profiles: Readonly<Record<string, { readonly reference: ColumnProfile; readonly current: ColumnProfile }>>;
  readonly quality: Quality | null;
  readonly versions: Readonly<Record<string, number>>;
  readonly causes: readonly Cause[];
};

export function evidenceOf(facts: {
  monitor: Monitor;
  baseline: Baseline;
  series: readonly SeriesSpec[];
  window: WindowFacts;
  judged: JudgedWindow;
  causes: readonly Cause[];
  segments: readonly string[];
  alpha: number;
}): Evidence {
  const { monitor, baseline, window, judged } = facts;
  const profiles: Record<string, { reference: ColumnProfile; current: ColumnProfile }> = {};
  for (const series of facts.series) {
    const column = columnOf(series);
    const pair = column === undefined ? undefined : baseline.profiles(column, window);
    if (pair) profiles[series.id] = pair;
  }
  return {
    v: 1,
    monitor: monitor.name,
    window: judged,
    reference: {
      name: baseline.reference.name,
      digest: baseline.reference.digest,
      windows: baseline.reference.windows.map((one) => one.startMs),
    },
    segments: facts.segments,
    alpha: facts.alpha,
    series: Object.fromEntries(
      facts.series.map((series) => [series.id, { spec: series, values: baseline.values(series, tilesOf(window)) }]),
    ),
    profiles,
    quality: window.quality,
    versions: window.versions,
    causes: facts.causes,
  };
}

/** Not a number has no JSON form and means unknown here. */
const finite = (value: unknown): unknown =>
  typeof value === "number"
    ? Number.isFinite(value)
      ? value
      : null
    : Array.isArray(value)
      ? value.map(finite)
      : value !== null && typeof value === "object"
        ? Object.fromEntries(Object.entries(value).map(([key, one]) => [key, finite(one)]))
        : value;
export const finiteOnly = <T>(value: T): T => finite(value) as T;

export async function putEvidence(store: Store, evidence: Evidence): Promise<string> {
  return (await store.blobs.putBytes(Buffer.from(canonicalJson(finiteOnly(evidence) as unknown as Json)))).digest;
}
export const getEvidence = async (store: Store, digest: string): Promise<Evidence> =>
  JSON.parse((await store.blobs.bytes(digest)).toString()) as Evidence;
