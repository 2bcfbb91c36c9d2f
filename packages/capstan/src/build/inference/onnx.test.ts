import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadOnnx, signatureOf } from "./onnx.ts";
import { runtimeSuite } from "./runtime-suite.ts";
import { scoreTable } from "./score-table.ts";
import { brittleModel, echoModel, logisticModel, wideModel } from "./tiny-onnx.ts";

let folder = "";
const file = async (name: string, bytes: Uint8Array): Promise<string> => {
  const path = join(folder, name);
  await writeFile(path, bytes);
  return path;
};
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "capstan-inference-"));
});
afterAll(() => rm(folder, { recursive: true }));

const small = (): Uint8Array => logisticModel({ a: 2, b: -1 }, 0);
runtimeSuite("ONNX on the caller's thread", async () => loadOnnx(await file("small", small()), { placement: "thread" }));
runtimeSuite("ONNX in a worker", async () => loadOnnx(await file("small", small()), { placement: "worker" }));

describe("loadOnnx", () => {
  it.each(["thread", "worker"])("leaves nothing in the home of the person, also on the %s", async (placement) => {
    const home = join(folder, `home-${placement}`);
    await mkdir(home);
    const path = await file("quiet", small());
    const script = `const { loadOnnx } = await import(${JSON.stringify(new URL("./onnx.ts", import.meta.url).href)});
      const runtime = await loadOnnx(${JSON.stringify(path)}, { placement: ${JSON.stringify(placement)} });
      await runtime.close();`;
    await promisify(execFile)(process.execPath, [await file("quiet.mjs", Buffer.from(script))], {
      env: { HOME: home, PATH: process.env["PATH"] },
    });
    expect(await readdir(home, { recursive: true })).toEqual([]);
  });

  it("places a quick model on the thread and a slow one in a worker, by measurement", async () => {
    const quick = await loadOnnx(await file("quick", small()));
    const slow = await loadOnnx(await file("slow", logisticModel({ a: 2, b: -1 }, 0, { layers: 40 })));
    expect(slow.warmUp.p99Us).toBeGreaterThan(quick.warmUp.p99Us);
    expect(slow.warmUp.placement).toBe("worker");
    const answer = await slow.predict({ rows: 1, columns: { a: Float32Array.of(0.5), b: Float32Array.of(1) } });
    expect(Array.from(answer.columns["probability"] as Float32Array)).toEqual([0.5]);
    await Promise.all([quick.close(), slow.close()]);
  });

  it.each([false, true])("carries every datatype unchanged (flat: %s)", async (flat) => {
    const runtime = await loadOnnx(
      await file("echo", echoModel({ f: "FP32", d: "FP64", i: "INT32", l: "INT64", o: "BOOL", s: "BYTES" }, { flat })),
    );
    const columns = {
      f: Float32Array.of(1.5, -2),
      d: Float64Array.of(0.1, 1e300),
      i: Int32Array.of(-7, 7),
      l: BigInt64Array.of(-(2n ** 60n), 3n),
      o: Uint8Array.of(1, 0),
      s: ["Ōkar", ""],
    };
    const answer = await runtime.predict({ rows: 2, columns });
    for (const [name, values] of Object.entries(columns))
      expect(Array.from(answer.columns[`${name}_out`] as ArrayLike<unknown>)).toEqual(Array.from(values as ArrayLike<unknown>));
    expect(runtime.signature.inputs[0]?.shape).toEqual(flat ? [-1] : [-1, 1]);
    await runtime.close();
  });

  it("refuses a file that is no model and a form that cannot be served", async () => {
    await expect(loadOnnx(await file("text", Buffer.from("not a model")))).rejects.toMatchObject({ code: "CAP-MODEL-001" });
    await expect(signatureOf(await file("wide", wideModel()))).rejects.toMatchObject({ code: "CAP-MODEL-002" });
  });

  it.each(["thread", "worker"] as const)("says that a model failed on its rows (%s), and goes on", async (placement) => {
    const runtime = await loadOnnx(await file("brittle", brittleModel("x")), { placement });
    await expect(runtime.predict({ rows: 1, columns: { x: Float32Array.of(50) } })).rejects.toMatchObject({ code: "CAP-MODEL-004" });
    const answer = await runtime.predict({ rows: 1, columns: { x: Float32Array.of(5) } });
    expect(answer.columns["probability"]).toEqual(Float32Array.of(0.5));
    await runtime.close();
  });
});

describe("scoreTable", () => {
  it("scores in pieces and keeps the order", async () => {
    const runtime = await loadOnnx(await file("small", small()));
    const a = Array.from({ length: 1000 }, (_, i) => i / 1000);
    const scores = await scoreTable(runtime, { a, b: new Float64Array(1000), more: [] }, 1000, { batchRows: 64 });
    const probability = scores.columns["probability"] as Float32Array;
    expect(probability).toHaveLength(1000);
    expect(probability[999]).toBeCloseTo(1 / (1 + Math.exp(-2 * 0.999)), 6);
    await expect(scoreTable(runtime, { a }, 1000)).rejects.toMatchObject({ code: "CAP-MODEL-003" });
    await runtime.close();
  });
});
