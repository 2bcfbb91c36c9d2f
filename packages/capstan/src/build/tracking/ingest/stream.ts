import type { Caller } from "../../../base/foundation/caller.ts";
import { CapstanError, toCapstanError } from "../../../base/foundation/errors.ts";
import type { KeyedPoint } from "../model.ts";
import type { TrackingService } from "../service.ts";
import { createLines, longestLine, pointOf } from "./line.ts";

/** Lines of one change at most; more wait for the next one, and the sender for them. */
const linesPerGroup = 4096;

export type StreamPlace = {
  runId: string;
  stream: string;
  /** Number of the first line that comes, from 0. */ offset: number;
  caller: Caller;
};
/** `durable`: lines of the stream that are kept. `error`: why it went no further. */
export type Taken = { durable: number; error: CapstanError | undefined };

/**
 * Takes lines of a stream. Those that are durable already are passed over, a gap is refused. While one group of lines is written the next is read; `acknowledge` is told
 * after each group how many lines are durable. What comes before a wrong line is kept, and what came whole before the sender went away.
 */
export async function takeStream(
  tracking: TrackingService,
  { runId, stream, offset, caller }: StreamPlace,
  source: AsyncIterable<Uint8Array>,
  nowMs: () => number,
  acknowledge: (durable: number) => void,
): Promise<Taken> {
  let durable = await tracking.streamLines(runId, stream);
  if (offset > durable) throw new CapstanError("CAP-TRACK-005", { stream, durable, offset });
  const known = durable;
  let next = offset;
  let group: KeyedPoint[] = [];
  let error: CapstanError | undefined;
  let writing: Promise<void> | undefined;

  async function write(from: number, points: readonly KeyedPoint[]): Promise<void> {
    for (;;) {
      const fresh = points.slice(durable - from);
      if (fresh.length === 0) return;
      try {
        await tracking.logStream(runId, { stream, from: durable, to: from + points.length }, fresh, caller);
        durable = from + points.length;
        return acknowledge(durable);
      } catch (thrown) {
        // Another connection, which a sender gave up, brought some of these lines.
        const now = await tracking.streamLines(runId, stream);
        if (!(thrown instanceof CapstanError && thrown.code === "CAP-MOVED-001") || now <= durable) throw thrown;
        durable = now;
      }
    }
  }
  /** Writes what has gathered as soon as nothing is on its way. */
  function flush(): void {
    if (writing || error || group.length === 0) return;
    const points = group;
    group = [];
    writing = write(next - points.length, points)
      .catch((thrown: unknown) => void (error = toCapstanError(thrown)))
      .finally(() => {
        writing = undefined;
        flush();
      });
  }
  async function take(lines: readonly string[]): Promise<void> {
    for (const line of lines) {
      if (error) return;
      if (line.trim() === "") continue;
      const number = next;
      const point = line.length > longestLine ? tooLong : pointOf(line, nowMs());
      if (typeof point === "string") throw new WrongLine(number + 1, point);
      next++;
      if (number >= known) group.push(point);
      if (group.length < linesPerGroup) continue;
      await writing;
      flush();
    }
    flush();
  }

  const lines = createLines();
  let failed: unknown;
  try {
    for await (const piece of source) {
      await take(lines.push(piece));
      if (lines.restLength() > longestLine) throw new WrongLine(next + 1, tooLong);
      if (error) break;
    }
    if (!error) await take(lines.end());
  } catch (thrown) {
    failed = thrown;
  }
  flush();
  while (writing) await writing;
  if (error) return { durable, error };
  if (failed instanceof WrongLine || failed instanceof TypeError) {
    const wrong = failed instanceof WrongLine ? failed : new WrongLine(next + 1, "it is not UTF-8");
    return { durable, error: new CapstanError("CAP-TRACK-004", { line: wrong.line, problem: wrong.message, durable }) };
  }
  if (failed !== undefined) throw failed;
  return { durable, error: undefined };
}

const tooLong = `it has more than ${longestLine} characters`;

class WrongLine extends Error {
  /** From 1. */
  readonly line: number;
  constructor(line: number, problem: string) {
    super(problem);
    this.line = line;
  }
}
