import { setImmediate as turn } from "node:timers/promises";
import type { Reading } from "../blocks.ts";
import { readSegment } from "../history.ts";
import { pointsText } from "../mlflow/points-text.ts";
import type { HistoryAnswer, HistoryQuestion, HistoryTaken } from "./question.ts";

const pointsPerPiece = 1024;

/** Points of a part of a history as MLflow's wire shows them, in pieces. */
export async function* historyPieces(
  reading: Reading,
  { runId, key, segment, skip, limit }: HistoryQuestion,
): AsyncGenerator<Buffer, HistoryTaken> {
  let points = 0;
  let skipped = 0;
  for await (const piece of readSegment(reading, runId, key, segment)) {
    const first = Math.min(piece.step.length, skip - skipped);
    skipped += first;
    for (let at = first; at < piece.step.length;) {
      if (points === limit) return { points, skipped, more: true };
      const end = Math.min(piece.step.length, at + pointsPerPiece, at + limit - points);
      points += end - at;
      yield Buffer.from(pointsText(key, piece, at, end));
      at = end;
      await turn();
    }
  }
  return { points, skipped, more: false };
}

/** The same as one text. */
export async function historyText(reading: Reading, question: HistoryQuestion): Promise<HistoryAnswer> {
  const texts: Buffer[] = [];
  const pieces = historyPieces(reading, question);
  for (;;) {
    const { value, done } = await pieces.next();
    if (done) return { ...value, text: Buffer.concat(texts) };
    if (texts.length > 0) texts.push(comma);
    texts.push(value);
  }
}
const comma = Buffer.from(",");
