const statistic = /@(last|min|max|step\(-?\d+\))$/;

/** What of a metric a column shows, as it is said behind its name; empty for its last value, and of all that is no metric. */
export function statisticOf(key: string): string {
  const said = key.startsWith("metrics.") ? (statistic.exec(key)?.[1] ?? "") : "";
  return said === "last" ? "" : said;
}
export const withoutStatistic = (key: string): string => (key.startsWith("metrics.") ? key.replace(statistic, "") : key);

/** The step in `step(600)`. */
export function stepOf(said: string): number | undefined {
  const step = /^step\((-?\d+)\)$/.exec(said)?.[1];
  return step === undefined ? undefined : Number(step);
}
