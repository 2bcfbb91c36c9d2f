import { describe, test } from "vitest";
import { readEnvironment } from "../base/foundation/environment.ts";

/** Tests of something that the machine may lack: reported by name as not run, and a failure in CI. */
export function describeWith<T>(title: string, need: string, found: T | undefined, body: (found: T) => void): void {
  if (found !== undefined) describe(title, () => body(found));
  else if (readEnvironment().ci) {
    test(title, () => {
      throw new Error(`${need} is missing`);
    });
  } else describe.skip(`${title} (not run: ${need} is missing)`, () => test("not run", () => undefined));
}
