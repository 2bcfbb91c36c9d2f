/** Work one at a time per name, in order of asking. */
export function createQueues() {
  const queues = new Map<string, Promise<unknown>>();
  return {
    alone<T>(name: string, work: () => Promise<T>): Promise<T> {
      const before = queues.get(name) ?? Promise.resolve();
      const mine = before.then(work, work);
      const settled = mine.catch(() => undefined);
      queues.set(name, settled);
      void settled.then(() => queues.get(name) === settled && queues.delete(name));
      return mine;
    },
    busy: (name: string): boolean => queues.has(name),
    /** Waits for all that goes on, and for what that begins. */
    async idle(): Promise<void> {
      while (queues.size > 0) await Promise.all(queues.values());
    },
  };
}
export type Queues = ReturnType<typeof createQueues>;
