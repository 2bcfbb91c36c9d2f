/** CPU slots of this machine and groups that exclude each other. Who waits longest ahead of the end goes first. */
export type Slots = {
  /** Resolves with the release when there is room. A step that wants more than there is gets all. */
  take(ask: { cpu: number; mutex: string | null; priority: number; signal: AbortSignal }): Promise<() => void>;
};

export function createSlots(total: number): Slots {
  let free = total;
  const held = new Set<string>();
  const waiting: { cpu: number; mutex: string | null; priority: number; go(release: () => void): void }[] = [];

  const next = (): void => {
    waiting.sort((a, b) => b.priority - a.priority);
    for (const one of [...waiting]) {
      // Whoever is first in line is not overtaken on slots, only when it waits for its group.
      if (one.mutex !== null && held.has(one.mutex)) continue;
      if (one.cpu > free) return;
      waiting.splice(waiting.indexOf(one), 1);
      free -= one.cpu;
      if (one.mutex !== null) held.add(one.mutex);
      let released = false;
      one.go(() => {
        if (released) return;
        released = true;
        free += one.cpu;
        if (one.mutex !== null) held.delete(one.mutex);
        next();
      });
    }
  };
  return {
    take: ({ cpu, mutex, priority, signal }) =>
      new Promise((resolve, reject) => {
        const one = { cpu: Math.min(cpu, total), mutex, priority, go: resolve };
        waiting.push(one);
        signal.addEventListener(
          "abort",
          () => {
            const place = waiting.indexOf(one);
            if (place >= 0) {
              waiting.splice(place, 1);
              reject(signal.reason);
            }
          },
          { once: true },
        );
        next();
      }),
  };
}
