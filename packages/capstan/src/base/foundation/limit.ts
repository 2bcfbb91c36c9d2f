/** At most `most` of the works given to it go on at once; the others wait in order. */
export function createLimit(most: number): <T>(work: () => Promise<T>) => Promise<T> {
  let going = 0;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (going >= most) await new Promise<void>((resolve) => waiting.push(resolve));
    else going++;
    try {
      return await work();
    } finally {
      // The place is handed on, not freed, so that nobody comes in between.
      const next = waiting.shift();
      if (next) next();
      else going--;
    }
  };
}
