import type { PipelineEvent } from "@capstan/contract/operations/pipeline";

/** Events of one pipeline run in this process, in order; whoever comes late gets them all. */
export type EventLog = {
  emit(event: PipelineEvent): void;
  /** No more will come. */
  end(): void;
  readonly ended: boolean;
  after(number: number): { events: PipelineEvent[]; next: number };
  /** Resolves when there is something after `number`, the log has ended, or the time is over. */
  wait(number: number, timeoutMs: number): Promise<void>;
  iterate(): AsyncIterable<PipelineEvent>;
};

export function createEventLog(): EventLog {
  const events: PipelineEvent[] = [];
  let waiters: (() => void)[] = [];
  let ended = false;
  const wake = (): void => {
    const woken = waiters;
    waiters = [];
    for (const one of woken) one();
  };
  const wait = (number: number, timeoutMs: number): Promise<void> => {
    if (ended || events.length > number) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = Number.isFinite(timeoutMs) ? setTimeout(resolve, timeoutMs) : undefined;
      waiters.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  };
  return {
    emit(event) {
      events.push(event);
      wake();
    },
    end() {
      ended = true;
      wake();
    },
    get ended() {
      return ended;
    },
    after: (number) => ({ events: events.slice(number), next: events.length }),
    wait,
    async *iterate() {
      for (let at = 0; ;) {
        const event = events[at];
        if (event) {
          at++;
          yield event;
        } else if (ended) return;
        else await wait(at, Infinity);
      }
    },
  };
}
