import { expect, test } from "vitest";
import { createLimit } from "./limit.ts";

test("never more than so many at once, all in the end, and a failure gives its place on", async () => {
  const limit = createLimit(3);
  let going = 0;
  let most = 0;
  const works = Array.from({ length: 20 }, (_, i) =>
    limit(async () => {
      most = Math.max(most, ++going);
      await new Promise((resolve) => setImmediate(resolve));
      going--;
      if (i % 5 === 0) throw new Error(String(i));
      return i;
    }),
  );
  const ended = await Promise.allSettled(works);
  expect(most).toBe(3);
  expect(ended.filter((one) => one.status === "fulfilled")).toHaveLength(16);
});
