/** Attempts that this host found running, by what they will make. */
export type Adopted = {
  add(project: string, stepKey: string, settled: Promise<void>): void;
  /** Resolves when the attempt has ended and its result, if any, is written. */
  find(project: string, stepKey: string): Promise<void> | undefined;
  all(): Promise<void>;
};

export function createAdopted(): Adopted {
  const open = new Map<string, Promise<void>>();
  const keyOf = (project: string, stepKey: string): string => `${project} ${stepKey}`;
  return {
    add(project, stepKey, settled) {
      const key = keyOf(project, stepKey);
      const kept = settled.finally(() => open.delete(key));
      open.set(key, kept);
      kept.catch(() => undefined);
    },
    find: (project, stepKey) => open.get(keyOf(project, stepKey)),
    async all() {
      await Promise.allSettled(open.values());
    },
  };
}
