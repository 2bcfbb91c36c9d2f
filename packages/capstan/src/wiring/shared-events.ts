import type { Events } from "../base/foundation/events.ts";
import type { Log } from "../base/foundation/log.ts";
import type { HostRecorder } from "../base/record/recorder.ts";
import type { StoreEvents } from "../base/record/store.ts";
import { type Channel, openChannel } from "../base/storage/postgres-channel.ts";

/** What is told within this time goes as one. */
const gatherMs = 100;
/** How often a process looks for what others recorded when nobody tells it. */
const lookMs = 1000;

type Told = { from: string; kind: "changed" | "progress"; event: StoreEvents["changed"] | StoreEvents["progress"] };

/**
 * The events of processes that share a PostgreSQL database. *Changed* and *progress* are hints and go by notification. Entries are facts: they are found by a cursor
 * over the ledger, which no lost notification and no killed process can make miss one; a notification only makes it look at once.
 */
export function shareEvents(deps: {
  url: string;
  storeId: string;
  /** This process. */
  host: string;
  events: Events<StoreEvents>;
  recorder: HostRecorder;
  log: Log;
}): { close(): Promise<void> } {
  const { events, recorder, log } = deps;
  const waiting = new Map<string, Told>();
  let timer: NodeJS.Timeout | undefined;
  /** While an event of another process is passed on here, which must not go back to it. */
  let passing = false;
  let looking: Promise<void> | undefined;
  let lookAgain = false;

  const look = (): void => {
    lookAgain = true;
    looking ??= (async () => {
      while (lookAgain) {
        lookAgain = false;
        for (const entry of await recorder.look()) pass(() => events.emit("entry", entry));
      }
    })()
      .catch((error: unknown) => log.warn("events.look", { error: String(error) }))
      .finally(() => (looking = undefined));
  };
  const pass = (emit: () => void): void => {
    passing = true;
    try {
      emit();
    } finally {
      passing = false;
    }
  };
  const flush = (): void => {
    timer = undefined;
    const all = [...waiting.values()].map((one) => JSON.stringify(one));
    waiting.clear();
    channel.send(all.length > 0 ? all : [""]).catch((error: unknown) => log.warn("events.send", { error: String(error) }));
  };
  const tell = (key: string, told: Told | undefined): void => {
    if (passing) return;
    if (told) waiting.set(key, told);
    timer ??= setTimeout(flush, gatherMs);
    timer.unref();
  };
  const off = [
    events.on("changed", (event) => tell(`changed ${event.kind}:${event.id}`, { from: deps.host, kind: "changed", event })),
    events.on("progress", (event) => tell(`progress ${event.run}`, { from: deps.host, kind: "progress", event })),
    // Itself in the ledger: others are only told to look.
    events.on("entry", () => tell("entry", undefined)),
  ];
  const channel: Channel = openChannel({
    url: deps.url,
    name: `capstan_${deps.storeId.toLowerCase()}`,
    log,
    onText(text) {
      const told = text === "" ? undefined : (JSON.parse(text) as Told);
      if (told?.from === deps.host) return;
      if (told) pass(() => events.emit(told.kind, told.event as never));
      look();
    },
    onConnected: look,
  });
  const beat = setInterval(look, lookMs);
  beat.unref();

  return {
    async close() {
      for (const stop of off) stop();
      clearInterval(beat);
      if (timer) {
        clearTimeout(timer);
        flush();
      }
      await looking;
      await channel.close();
    },
  };
}
