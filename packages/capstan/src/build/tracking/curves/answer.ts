import { partsOf, type Reading, seriesName } from "../blocks.ts";
import { readCurve } from "../curve.ts";
import type { SeriesColumns } from "../model.ts";
import type { ChartQuestion, CurveAnswer, CurveQuestion, Series } from "./question.ts";
import { historyText } from "./history-text.ts";
import { samplePoints } from "./sample.ts";
import { valuesAtStep } from "../step-values.ts";

/** Pyramids of so many points are in memory together: about so many bytes. */
const pointsAtOnce = 4_000_000;

export async function answerOf(reading: Reading, question: CurveQuestion): Promise<CurveAnswer> {
  if (question.kind === "chart") return { charts: await charts(reading, question) };
  if (question.kind === "step") {
    const values = new Map<string, number>();
    const read = await valuesAtStep(reading, question, question.limit, (runId, value) => void values.set(runId, value));
    return { values, read };
  }
  return question.kind === "sample" ? { samples: await samplePoints(reading, question) } : historyText(reading, question);
}

async function charts(reading: Reading, { series, buckets, range }: ChartQuestion): Promise<SeriesColumns[]> {
  const made = new Map<string, SeriesColumns>();
  for (const some of together(series)) {
    const [runIds, keys] = [some.map((one) => one.runId), some.map((one) => one.key)].map((all) => [...new Set(all)]);
    const parts = await partsOf(reading, runIds ?? [], keys ?? [], true, range);
    for (const one of some) {
      const name = seriesName(one.runId, one.key);
      made.set(name, await readCurve(reading, one, parts.get(name) ?? [], buckets, range));
    }
  }
  return series.map((one) => made.get(seriesName(one.runId, one.key)) as SeriesColumns);
}

/** Series of one key that are read by one statement. */
function together(series: readonly Series[]): Series[][] {
  const groups: Series[][] = [];
  for (const of of Map.groupBy(series, (one) => one.key).values()) {
    let points = Infinity;
    for (const one of of) {
      if (points + one.points > pointsAtOnce) {
        groups.push([]);
        points = 0;
      }
      groups.at(-1)?.push(one);
      points += one.points;
    }
  }
  return groups;
}
