import { describe, expect, it } from "vitest";
import type { Runtime } from "./model.ts";

/** What every Runtime must do. `open` makes one that computes `probability = sigmoid(2a − b)` from FP32 columns `a` and `b`. */
export function runtimeSuite(kind: string, open: () => Promise<Runtime>): void {
  const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
  const batch = (a: readonly number[], b: readonly number[]) => ({
    rows: a.length,
    columns: { a: Float32Array.from(a), b: Float32Array.from(b) },
  });
  const answers = async (runtime: Runtime, a: readonly number[], b: readonly number[]): Promise<number[]> =>
    Array.from((await runtime.predict(batch(a, b))).columns["probability"] as Float32Array);

  describe(`Runtime: ${kind}`, () => {
    it("reads its signature from the file", async () => {
      const runtime = await open();
      expect(runtime.signature).toEqual({
        inputs: [
          { name: "a", datatype: "FP32", shape: [-1, 1] },
          { name: "b", datatype: "FP32", shape: [-1, 1] },
        ],
        outputs: [{ name: "probability", datatype: "FP32", shape: [-1, 1] }],
      });
      expect(runtime.warmUp.p99Us).toBeGreaterThan(0);
      await runtime.close();
    });

    it("answers rows in order, alike alone and in a batch", async () => {
      const runtime = await open();
      const [a, b] = [
        [0, 1, -2, 0.5],
        [1, 1, 1, 0],
      ];
      const together = await answers(runtime, a, b);
      for (let i = 0; i < a.length; i++) {
        expect(together[i]).toBeCloseTo(sigmoid(2 * a[i]! - b[i]!), 6);
        expect(await answers(runtime, [a[i]!], [b[i]!])).toEqual([together[i]]);
      }
      await runtime.close();
    });

    it("answers many callers at once, each with its own rows", async () => {
      const runtime = await open();
      const all = await Promise.all(Array.from({ length: 50 }, (_, i) => answers(runtime, [i / 50], [0])));
      all.forEach((one, i) => expect(one[0]).toBeCloseTo(sigmoid((2 * i) / 50), 6));
      await runtime.close();
    });

    it("refuses a missing column and a wrong number of values, and goes on", async () => {
      const runtime = await open();
      await expect(runtime.predict({ rows: 1, columns: { a: Float32Array.of(1) } })).rejects.toMatchObject({ code: "CAP-MODEL-003" });
      await expect(runtime.predict({ rows: 2, columns: { a: Float32Array.of(1), b: Float32Array.of(1) } })).rejects.toMatchObject({
        code: "CAP-MODEL-003",
      });
      expect(await answers(runtime, [0], [0])).toEqual([0.5]);
      await runtime.close();
    });

    it("finishes what runs before it closes, then refuses", async () => {
      const runtime = await open();
      const running = answers(runtime, [0, 0], [0, 0]);
      await runtime.close();
      expect(await running).toEqual([0.5, 0.5]);
      await expect(answers(runtime, [0], [0])).rejects.toMatchObject({ code: "CAP-MODEL-004" });
      await runtime.close();
    });
  });
}
