/** What rooms tell each other without knowing each other: a later room listens, an earlier one only says that something is so. */
export type Events<T> = {
  emit<K extends keyof T>(kind: K, event: T[K]): void;
  on<K extends keyof T>(kind: K, listener: (event: T[K]) => void): () => void;
};

/** Listeners run in order on the emitter's turn; one that throws is reported and does not stop the others. */
export function createEvents<T>(report: (error: unknown) => void): Events<T> {
  const listeners = new Map<keyof T, Set<(event: never) => void>>();
  return {
    emit(kind, event) {
      for (const listener of listeners.get(kind) ?? []) {
        try {
          listener(event as never);
        } catch (error) {
          report(error);
        }
      }
    },
    on(kind, listener) {
      const all = listeners.get(kind) ?? new Set();
      listeners.set(kind, all);
      all.add(listener as (event: never) => void);
      return () => void all.delete(listener as (event: never) => void);
    },
  };
}
