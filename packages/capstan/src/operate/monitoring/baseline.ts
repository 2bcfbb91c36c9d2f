import { type ColumnProfile, mergeProfiles, profileDistance } from "@capstan/statistics";
import { type Reference, scoreColumn, type SeriesSpec, type Tile, type WindowFacts } from "./model.ts";

/** What the reference's own windows say of each series, on the same parts of a window as the one judged. */
export type Baseline = {
  readonly reference: Reference;
  /** Value of the window against all reference windows but itself; undefined when it has none. */
  measure(series: SeriesSpec, window: WindowFacts): { value: number; floor: number | null } | undefined;
  /** The same of each reference window against the others, without the one that starts at `exceptMs`. */
  values(series: SeriesSpec, tiles: readonly number[], exceptMs?: number): number[];
  /** Both sides of a distribution. */
  profiles(column: string, window: WindowFacts): { reference: ColumnProfile; current: ColumnProfile } | undefined;
};

export const columnOf = (series: SeriesSpec): string | undefined =>
  series.of.kind === "column" ? series.of.column : series.of.kind === "score" ? scoreColumn : undefined;
export const tilesOf = (window: WindowFacts): number[] => [...window.tiles.keys()].sort((a, b) => a - b);
export const rowsOf = (window: WindowFacts): number => sumOver(window, tilesOf(window), (tile) => tile.rows);
export const labelsOf = (window: WindowFacts): number => sumOver(window, tilesOf(window), (tile) => tile.labels);

const sumOver = (window: WindowFacts, tiles: readonly number[], of: (tile: Tile) => number): number =>
  tiles.reduce((sum, at) => sum + (window.tiles.has(at) ? of(window.tiles.get(at) as Tile) : 0), 0);
const merged = (profiles: readonly ColumnProfile[]): ColumnProfile | undefined =>
  profiles.length === 0 ? undefined : profiles.reduce((a, b) => mergeProfiles(a, b));

export function createBaseline(reference: Reference): Baseline {
  const kept = new Map<string, ColumnProfile | undefined>();
  const known = new Map<string, { startMs: number; value: number }[]>();
  const once = (key: string, make: () => ColumnProfile | undefined): ColumnProfile | undefined => {
    if (!kept.has(key)) kept.set(key, make());
    return kept.get(key);
  };

  const ofWindow = (column: string, window: WindowFacts, tiles: readonly number[]): ColumnProfile | undefined =>
    merged(tiles.flatMap((at) => window.tiles.get(at)?.profiles[column] ?? []));
  const ofReference = (column: string, tiles: readonly number[], exceptMs: number | undefined): ColumnProfile | undefined =>
    once(`${column}|${tiles.join()}|${exceptMs ?? ""}`, () =>
      merged(
        reference.windows.flatMap((window) =>
          window.startMs === exceptMs
            ? []
            : (once(`${column}|${tiles.join()}|only ${window.startMs}`, () => ofWindow(column, window, tiles)) ?? []),
        ),
      ),
    );
  /** Only a window of the reference is left out of it. */
  const own = (window: WindowFacts): number | undefined => (reference.windows.includes(window) ? window.startMs : undefined);

  const measureOn = (
    series: SeriesSpec,
    window: WindowFacts,
    tiles: readonly number[],
  ): { value: number; floor: number | null } | undefined => {
    const column = columnOf(series);
    if (column !== undefined) {
      const current = ofWindow(column, window, tiles);
      const before = ofReference(column, tiles, own(window));
      if (!current || !before || current.n === 0 || before.n === 0) return undefined;
      const distance = profileDistance(before, current, { method: series.method });
      return Number.isFinite(distance.statistic) ? { value: distance.statistic, floor: distance.noiseFloor } : undefined;
    }
    if (series.of.kind === "quality") {
      const value = window.quality?.[series.of.metric] ?? null;
      return value === null ? undefined : { value, floor: null };
    }
    const scores = series.of.kind === "score_mean";
    const count = sumOver(window, tiles, (tile) => (scores ? tile.rows : tile.labels));
    const sum = sumOver(window, tiles, (tile) => (scores ? tile.scoreSum : tile.labelSum));
    return count === 0 ? undefined : { value: sum / count, floor: null };
  };

  return {
    reference,
    measure: (series, window) => measureOn(series, window, tilesOf(window)),
    values(series, tiles, exceptMs) {
      const key = `${JSON.stringify(series.of)}|${series.method}|${tiles.join()}`;
      let all = known.get(key);
      if (!all) {
        // A reference window that itself lacks parts is measured on those it has; one that has none of them says nothing.
        all = reference.windows.flatMap((window) => {
          const shared = tiles.filter((at) => window.tiles.has(at));
          const measured = shared.length === 0 ? undefined : measureOn(series, window, shared);
          return measured ? [{ startMs: window.startMs, value: measured.value }] : [];
        });
        known.set(key, all);
      }
      return all.flatMap((one) => (one.startMs === exceptMs ? [] : [one.value]));
    },
    profiles(column, window) {
      const tiles = tilesOf(window);
      const [current, before] = [ofWindow(column, window, tiles), ofReference(column, tiles, own(window))];
      return current && before ? { current, reference: before } : undefined;
    },
  };
}
