import type { ServerResponse } from "node:http";
import type { Events } from "../../base/foundation/events.ts";
import type { StoreEvents } from "../../base/record/store.ts";

/** `projects` limits what is told; `admitted` rejects once the listener would not be let in any more. */
type Listener = { projects: readonly string[] | undefined; admitted(): Promise<unknown> };

/** Server-sent events: what changed, by kind and id, coalesced to at most four messages a second per listener. */
export function createLive(events: Events<StoreEvents>) {
  const listeners = new Map<ServerResponse, Listener>();
  const waiting = new Map<string, { project: string; event: string; data: string }>();
  let timer: NodeJS.Timeout | undefined;

  const flush = (): void => {
    timer = undefined;
    const all = [...waiting.values()];
    waiting.clear();
    for (const [response, { projects }] of listeners) {
      const told = projects ? all.filter((one) => projects.includes(one.project)) : all;
      if (told.length > 0) response.write(told.map((one) => `event: ${one.event}\ndata: ${one.data}\n\n`).join(""));
    }
  };
  const push = (event: string, key: string, value: { project: string }): void => {
    if (listeners.size === 0) return;
    waiting.set(`${event}:${key}`, { project: value.project, event, data: JSON.stringify(value) });
    timer ??= setTimeout(flush, 250);
  };
  const off = [
    events.on("changed", (one) => push("changed", `${one.kind}:${one.id}`, one)),
    events.on("progress", (one) => push("progress", one.run, one)),
    events.on("entry", (one) => {
      push("entry", one.id, one);
      if (one.subject.type === "token") recheck();
    }),
  ];
  /** A right that was taken away since ends what it opened. */
  const recheck = (): void => {
    for (const [response, { admitted }] of listeners) admitted().catch(() => response.end());
  };
  const beat = setInterval(() => {
    recheck();
    for (const response of listeners.keys()) response.write(": here\n\n");
  }, 15_000);
  beat.unref();

  return {
    open(response: ServerResponse, listener: Listener): void {
      response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store", "x-accel-buffering": "no" });
      response.write("retry: 1000\n\n");
      listeners.set(response, listener);
      response.on("close", () => listeners.delete(response));
    },
    close(): void {
      for (const stop of off) stop();
      clearInterval(beat);
      clearTimeout(timer);
      for (const response of listeners.keys()) response.end();
    },
  };
}
