import type { ServerResponse } from "node:http";
import type { Store } from "../../../base/record/store.ts";
import type { TrackingService } from "../service.ts";
import { metricWord } from "../views.ts";

/** More new points than these are not told one by one: the reader is sent to the curve. */
const pointsPerMessage = 10_000;
const everyMs = 250;

type Follower = { response: ServerResponse; runId: string; revision: number; busy: boolean; timer: NodeJS.Timeout | undefined };

/**
 * Server-sent events of a run's new points, at most four messages a second: `points` with `[key, step, timeMs, value]` of each, `reread` with keys whose curve is to be
 * read again because more came than is told, `sealed` at its end. The id of a message is a revision of the run: whoever comes back with the last one misses nothing.
 */
export function createFollowing(store: Store, tracking: TrackingService) {
  const followers = new Map<string, Set<Follower>>();
  store.events.on("changed", ({ kind, id }) => {
    if (kind === "run") for (const one of followers.get(id) ?? []) soon(one, everyMs);
  });

  function soon(one: Follower, ms: number): void {
    one.timer ??= setTimeout(() => {
      one.timer = undefined;
      if (one.busy) return soon(one, everyMs);
      one.busy = true;
      tell(one)
        .catch((error: unknown) => {
          store.log.warn("tracking.follow-failed", { run: one.runId, error: String(error) });
          one.response.end();
        })
        .finally(() => (one.busy = false));
    }, ms);
  }

  async function tell(one: Follower): Promise<void> {
    // Who does not read is told later, and more at once.
    if (one.response.writableNeedDrain) return soon(one, everyMs);
    const found = await tracking.pointsSince(one.runId, one.revision);
    if (!found) return void one.response.end();
    const reread = new Set(found.packed);
    const points: [string, number, number, number | string][] = [];
    let count = 0;
    for (const part of found.parts) {
      count += part.points.step.length;
      if (count > pointsPerMessage) reread.add(part.key);
      if (!reread.has(part.key))
        part.points.step.forEach((step, i) =>
          points.push([part.key, step, part.points.timeMs[i] ?? 0, metricWord(part.points.value[i] ?? 0)]),
        );
    }
    one.revision = Math.max(one.revision, found.revision);
    const say = (event: string, data: object): void =>
      void one.response.write(`event: ${event}\nid: ${one.revision}\ndata: ${JSON.stringify(data)}\n\n`);
    if (reread.size > 0) say("reread", { keys: [...reread] });
    const told = points.filter(([key]) => !reread.has(key));
    if (told.length > 0) say("points", { points: told });
    if (found.sealed) {
      say("sealed", {});
      one.response.end();
    }
  }

  return {
    /** Follows from a revision, or from now. Ends with the run, with the connection, or once `admitted` rejects. */
    async open(response: ServerResponse, runId: string, after: number | undefined, admitted: () => Promise<unknown>): Promise<void> {
      const revision = after ?? (await tracking.pointsSince(runId, Number.MAX_SAFE_INTEGER))?.revision ?? 0;
      response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store", "x-accel-buffering": "no" });
      response.write(`retry: 1000\nid: ${revision}\n\n`);
      const one: Follower = { response, runId, revision, busy: false, timer: undefined };
      const of = followers.get(runId) ?? new Set();
      followers.set(runId, of.add(one));
      const beat = setInterval(() => {
        admitted().then(
          () => response.write(": here\n\n"),
          () => response.end(),
        );
      }, 15_000);
      response.on("close", () => {
        clearInterval(beat);
        clearTimeout(one.timer);
        of.delete(one);
        if (of.size === 0) followers.delete(runId);
      });
      soon(one, 0);
    },
  };
}
