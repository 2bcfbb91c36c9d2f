import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { Agent, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { logisticModel } from "../build/inference/tiny-onnx.ts";
import { openWholeWire, type WholeWire } from "../testing/whole-wire.ts";
import { wrongPaths } from "../testing/wrong-paths.ts";

const secret = "nobody may read this";
let folder: string;
let wire: WholeWire;
/** Routes of the service, and of what lies in folders that clients write themselves. */
let inFolders: WholeWire;
beforeAll(async () => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "paths-")));
  mkdirSync(join(folder, "inside", "copies"), { recursive: true });
  mkdirSync(join(folder, "inside", "root"));
  for (const place of [folder, join(folder, "inside")]) writeFileSync(join(place, "secret"), secret);
  wire = await openWholeWire({ artifactsDestination: join(folder, "inside", "copies") });
  inFolders = await openWholeWire({ artifactRoot: pathToFileURL(join(folder, "inside", "root")).href });
});
afterAll(async () => {
  agent.destroy();
  await Promise.all([wire.close(), inFolders.close()]);
  rmSync(folder, { recursive: true });
});

const agent = new Agent({ keepAlive: true });
/** As it is written: other clients resolve `..` before they send it. */
const raw = (to: WholeWire, method: string, path: string, body?: string): Promise<{ status: number; text: string }> =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(to.url);
    const asked = request({ hostname, port, method, path, agent, headers: { "content-type": "application/json" } }, (response) => {
      const pieces: Buffer[] = [];
      response.on("data", (piece: Buffer) => pieces.push(piece));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, text: Buffer.concat(pieces).toString() }));
    });
    asked.on("error", reject);
    asked.end(body);
  });
/** What a request line may hold: the rest is encoded, nothing else is. */
const line = (path: string): string => path.replace(/[^\x21-\x7e]/g, (one) => encodeURIComponent(one)).replace(/#/g, "%23");
const asked = (path: string): string => encodeURIComponent(path);

test("no spelling of a path leads out, on any route that takes one", { timeout: 300_000 }, async () => {
  const { digest } = await wire.store.blobs.putBytes(logisticModel({ a: 1 }, 0));
  await wire.registry.register({ project: "default", model: "m", digest }, wire.person);
  const worlds = await Promise.all(
    [wire, inFolders].map(async (to) => {
      const { run } = (await to.post("runs/create", {})).body;
      const { model } = (await to.post("logged-models", { experiment_id: "0", name: "m" })).body;
      return { to, run: run.info.run_id as string, uri: run.info.artifact_uri as string, model: model.info.model_id as string };
    }),
  );
  for (const { to, run } of worlds.slice(0, 1))
    await to.send("PUT", `/api/2.0/mlflow-artifacts/artifacts/0/${run}/artifacts/kept.txt`, "kept");
  for (const { uri } of worlds.slice(1)) {
    mkdirSync(join(folder, "inside", "root", uri.split("/root/")[1] ?? ""), { recursive: true });
    writeFileSync(join(folder, "inside", "root", uri.split("/root/")[1] ?? "", "kept.txt"), "kept");
  }
  const beside = (): string[] => [...readdirSync(folder), ...readdirSync(join(folder, "inside"))].sort();
  const before = beside();

  type Shape = (path: string, world: (typeof worlds)[number]) => [method: string, path: string, body?: string];
  const service = "/api/2.0/mlflow-artifacts";
  const shapes: Shape[] = [
    (path) => ["GET", `${service}/artifacts/${line(path)}`],
    (path) => ["PUT", `${service}/artifacts/${line(path)}`, "written"],
    (path) => ["DELETE", `${service}/artifacts/${line(path)}`],
    (path) => ["GET", `${service}/artifacts?path=${asked(path)}`],
    (path) => ["GET", `${service}/presigned/${line(path)}`],
    (path, { run }) => ["GET", `${service}/artifacts/0/${run}/artifacts/${line(path)}`],
    (path, { run }) => ["PUT", `${service}/artifacts/0/${run}/artifacts/${line(path)}`, "written"],
    (path, { run }) => ["DELETE", `/ajax-api/2.0/mlflow-artifacts/artifacts/0/${run}/artifacts/${line(path)}`],
    (path) => ["POST", `${service}/mpu/create/${line(path)}`, '{"path":"x","num_parts":1}'],
    (path) => ["POST", `${service}/mpu/create`, JSON.stringify({ path, num_parts: 1 })],
    (path) => ["POST", `${service}/mpu/complete/${line(path)}`, JSON.stringify({ path, upload_id: path, parts: [{ part_number: 1 }] })],
    (path) => ["POST", `${service}/mpu/abort`, JSON.stringify({ path, upload_id: path })],
    (path) => ["GET", `${service}/mpu/parts/${line(path)}`],
    (path) => ["PUT", `${service}/mpu/parts/${line(path)}/1`, "written"],
    (path) => ["PUT", `${service}/mpu/parts/${"0".repeat(32)}/${line(path)}`, "written"],
    (path, { run }) => ["GET", `/get-artifact?run_id=${run}&path=${asked(path)}`],
    (path, { run }) => ["GET", `/get-artifact?run_id=${run}&path=${line(path).replace(/[?&+]/g, "")}`],
    (path, { run }) => ["GET", `/api/2.0/mlflow/artifacts/list?run_id=${run}&path=${asked(path)}`],
    (path, { run }) => ["POST", `/ajax-api/2.0/mlflow/upload-artifact?run_uuid=${run}&path=${asked(path)}`, "written"],
    (path, { run }) => ["GET", `/api/v1/p/default/runs/${run}/files/${line(path)}`],
    (path) => ["GET", `/model-versions/get-artifact?name=m&version=1&path=${asked(path)}`],
    (path) => ["GET", `${service}/artifacts/model-versions/default/m/1/${line(path)}`],
    (path, { model }) => ["GET", `/api/2.0/mlflow/logged-models/${model}/artifacts/directories?artifact_directory_path=${asked(path)}`],
    (path, { model }) => ["GET", `/ajax-api/2.0/mlflow/logged-models/${model}/artifacts/files?artifact_file_path=${asked(path)}`],
    (path) => ["GET", `/ajax-api/3.0/mlflow/get-trace-artifact?request_id=${asked(path)}&path=${asked(path)}`],
    // Names and ids are not paths, either.
    (path) => ["GET", `/get-artifact?run_id=${asked(path)}&path=kept.txt`],
    (path) => ["GET", `/model-versions/get-artifact?name=${asked(path)}&version=1&path=MLmodel`],
    (path) => ["GET", `/api/2.0/mlflow/logged-models/${line(path)}/artifacts/files?artifact_file_path=kept.txt`],
  ];
  const wrong: string[] = [];
  let requests = 0;
  for (const world of worlds)
    for (const path of wrongPaths("secret"))
      for (const shape of shapes) {
        const [method, target, body] = shape(path, world);
        const reply = await raw(world.to, method, target, body);
        requests++;
        if (reply.status >= 500 || reply.text.includes(secret))
          wrong.push(`${method} ${target.slice(0, 200)}: ${reply.status} ${reply.text.slice(0, 200)}`);
      }
  expect(wrong).toEqual([]);
  expect(requests).toBeGreaterThan(10_000);
  expect(beside()).toEqual(before);
  for (const place of [folder, join(folder, "inside")]) expect(readFileSync(join(place, "secret"), "utf8")).toBe(secret);
  for (const { to, run } of worlds) expect((await raw(to, "GET", `/get-artifact?run_id=${run}&path=kept.txt`)).text).toBe("kept");
});

test("no place that a client names for an experiment or a version is read from outside of the operator's root", async () => {
  const leading = ["..", "../..", "%2e%2e", "%252e%252e", "a/../../..", "./..", "..\\.."];
  const places = leading.flatMap((up) => [
    `${pathToFileURL(join(folder, "inside", "root")).href}/${up}`,
    join(folder, "inside", "root") + `/${up}`,
    `file://localhost${join(folder, "inside", "root")}/${up}`,
    `mlflow-artifacts:/${up}`,
    `mlflow-artifacts://host/${up}`,
    `${inFolders.url}/api/2.0/mlflow-artifacts/artifacts/${up}`,
  ]);
  const outside = [
    ...places,
    folder,
    pathToFileURL(folder).href,
    `${pathToFileURL(folder).href}#x`,
    `${pathToFileURL(folder).href}?a=..`,
    "/",
    "file:///",
  ];
  for (const [i, artifact_location] of outside.entries()) {
    const made = await inFolders.post("experiments/create", { name: `outside ${i}`, artifact_location });
    if (made.status !== 200) {
      expect([artifact_location, made.status]).toEqual([artifact_location, 400]);
      continue;
    }
    const { run } = (await inFolders.post("runs/create", { experiment_id: made.body.experiment_id })).body;
    mkdirSync(join(folder, run.info.run_id, "artifacts"), { recursive: true });
    writeFileSync(join(folder, run.info.run_id, "artifacts", "secret"), secret);
    for (const path of [
      `/get-artifact?run_id=${run.info.run_id}&path=secret`,
      `/api/2.0/mlflow/artifacts/list?run_id=${run.info.run_id}`,
    ]) {
      const reply = await raw(inFolders, "GET", path);
      expect([artifact_location, reply.text.includes("secret") && reply.text.includes(secret)]).toEqual([artifact_location, false]);
      expect(reply.text).not.toContain('"path":"secret"');
    }
    rmSync(join(folder, run.info.run_id), { recursive: true });
  }
  await inFolders.post("registered-models/create", { name: "from outside" });
  for (const source of outside) {
    const made = await inFolders.post("model-versions/create", { name: "from outside", source });
    if (made.status !== 200) continue;
    const { version } = made.body.model_version;
    expect(
      (await raw(inFolders, "GET", `/model-versions/get-artifact?name=from%20outside&version=${version}&path=secret`)).text,
    ).not.toContain(secret);
  }
});
