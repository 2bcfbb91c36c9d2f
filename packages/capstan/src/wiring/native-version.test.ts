import { afterAll, beforeAll, expect, test } from "vitest";
import { logisticModel } from "../build/inference/tiny-onnx.ts";
import { openWholeWire, type WholeWire } from "../testing/whole-wire.ts";

const service = "/api/2.0/mlflow-artifacts/artifacts";
let wire: WholeWire;
beforeAll(async () => {
  wire = await openWholeWire();
});
afterAll(() => wire.close());

test("a version that no client of MLflow registered is downloaded by them: its file, and what says how to load it", async () => {
  const bytes = Buffer.from(logisticModel({ a: 3, b: 4 }, 0));
  const { digest } = await wire.store.blobs.putBytes(bytes);
  await wire.registry.register({ project: "default", model: "native", digest }, wire.person);
  const place = (await wire.get("model-versions/get-download-uri?name=native&version=1")).body.artifact_uri as string;
  expect(place).toBe("mlflow-artifacts:/model-versions/default/native/1");
  const at = place.replace("mlflow-artifacts:/", "");
  expect((await wire.send("GET", `${service}?path=${at}`)).body.files.map((one: { path: string }) => one.path)).toEqual([
    "MLmodel",
    "model.onnx",
  ]);
  const file = await fetch(`${wire.url}${service}/${at}/model.onnx`);
  expect(Buffer.from(await file.arrayBuffer()).equals(bytes)).toBe(true);
  const described = JSON.parse((await wire.send("GET", `${service}/${at}/MLmodel`)).text);
  expect(described.flavors.onnx.data).toBe("model.onnx");
  expect(JSON.parse(described.signature.inputs)).toContainEqual({ type: "float", name: "a", required: true });
  expect((await wire.send("GET", `${service}/${at}/MLmodel`, undefined, { range: "bytes=0-0" })).text).toBe("{");

  // Nobody writes there, in any way.
  for (const [method, path, body] of [
    ["PUT", `${service}/${at}/model.onnx`, "x"],
    ["PUT", `${service}/${at}`, "x"],
    ["DELETE", `${service}/${at}`, undefined],
    ["DELETE", `${service}/${at}/MLmodel`, undefined],
    ["POST", `/api/2.0/mlflow-artifacts/mpu/create/${at}`, { path: "x", num_parts: 1 }],
  ] as const)
    expect([method, (await wire.send(method, path, body)).status]).toEqual([method, 400]);
  // Below no version there is an ordinary folder.
  expect((await wire.send("GET", `${service}/model-versions/default/native/2/MLmodel`)).status).toBe(404);

  // A version copied from it has its files.
  await wire.post("registered-models/create", { name: "copied" });
  await wire.post("model-versions/create", { name: "copied", source: "models:/native/1" });
  expect((await wire.get("model-versions/get-download-uri?name=copied&version=1")).body.artifact_uri).toBe(place);
  expect(await wire.registry.get("default", "copied", "v1")).toMatchObject({ digest });
});
