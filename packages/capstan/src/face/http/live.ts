import type { ServerResponse } from "node:http";
import type { Events } from "../../base/foundation/events.ts";
import type { StoreEvents } from "../../base/record/store.ts";

/** Server-sent events: what changed, by kind and id, coalesced to at most four messages a second per listener. */
export function createLive(events: Events<StoreEvents>) {
  const listeners = new Set<ServerResponse>();
  const waiting = new Map<string, { event: string; data: string }>();
  let timer: NodeJS.Timeout | undefined;

  const flush = (): void => {
    timer = undefined;
    const text = [...waiting.values()].map((one) => `event: ${one.event}\ndata: ${one.data}\n\n`).join("");
    waiting.clear();
    for (const response of listeners) response.write(text);
  };
  const push = (event: string, key: string, value: object): void => {
    if (listeners.size === 0) return;
    waiting.set(`${event}:${key}`, { event, data: JSON.stringify(value) });
    timer ??= setTimeout(flush, 250);
  };
  const off = [
    events.on("changed", (one) => push("changed", `${one.kind}:${one.id}`, one)),
    events.on("progress", (one) => push("progress", one.run, one)),
    events.on("entry", (one) => push("entry", one.id, one)),
  ];
  const beat = setInterval(() => {
    for (const response of listeners) response.write(": here\n\n");
  }, 15_000);
  beat.unref();

  return {
    open(response: ServerResponse): void {
      response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store", "x-accel-buffering": "no" });
      response.write("retry: 1000\n\n");
      listeners.add(response);
      response.on("close", () => listeners.delete(response));
    },
    close(): void {
      for (const stop of off) stop();
      clearInterval(beat);
      clearTimeout(timer);
      for (const response of listeners) response.end();
    },
  };
}
