import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { removeAbandoned } from "./uploads.ts";
import { type MlflowWire, openMlflowWire, other } from "../../../testing/mlflow-wire.ts";

const service = "/api/2.0/mlflow-artifacts/artifacts";
let folder: string;
let wire: MlflowWire;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "artifacts-"));
  wire = await openMlflowWire({ artifactsDestination: join(folder, "copies") });
});
afterAll(async () => {
  await wire.close();
  rmSync(folder, { recursive: true });
});
const newRun = async (more: object = {}): Promise<{ run_id: string; artifact_uri: string }> =>
  (await wire.post("runs/create", { experiment_id: "0", ...more })).body.run.info;
const copy = (path: string): string => readFileSync(join(folder, "copies", path), "utf8");

test("files of no run lie in the service, are listed, copied, seen by their project only, and deleted", async () => {
  expect((await wire.send("PUT", `${service}/free/a.txt`, "one")).status).toBe(200);
  expect((await wire.send("PUT", `${service}/free/deep/b.txt`, "two")).status).toBe(200);
  expect((await wire.send("GET", `${service}?path=free`)).body).toEqual({
    files: [
      { path: "a.txt", is_dir: false, file_size: 3 },
      { path: "deep", is_dir: true },
    ],
  });
  expect((await wire.send("GET", `${service}/free/deep/b.txt`)).text).toBe("two");
  expect(copy("free/deep/b.txt")).toBe("two");
  expect((await wire.send("GET", `${service}/free/a.txt`, undefined, other)).status).toBe(404);
  expect((await wire.send("PUT", `${service}/free/a.txt`, "stolen", other)).status).toBe(409);
  expect((await wire.send("DELETE", `${service}/free/a.txt`, undefined, other)).status).toBe(404);
  expect((await wire.send("DELETE", `${service}/free`)).status).toBe(200);
  expect((await wire.send("GET", `${service}/free/a.txt`)).status).toBe(404);
  expect(existsSync(join(folder, "copies", "free"))).toBe(false);
});

test("a run's artifacts keep to its artifact URI, also in a place of the experiment's own", async () => {
  const { experiment_id } = (await wire.post("experiments/create", { name: "placed", artifact_location: "mlflow-artifacts:/my/place" }))
    .body;
  const run = await newRun({ experiment_id });
  expect(run.artifact_uri).toBe(`mlflow-artifacts:/my/place/${run.run_id}/artifacts`);
  await wire.send("PUT", `${service}/my/place/${run.run_id}/artifacts/MLmodel`, "x");
  const reply = await wire.send("GET", `/get-artifact?run_uuid=${run.run_id}&path=MLmodel`);
  expect([reply.text, reply.headers.get("content-type"), reply.headers.get("content-disposition")]).toEqual([
    "x",
    "text/plain",
    "attachment; filename=MLmodel",
  ]);
  // The same run below another place is no run's path.
  await wire.send("PUT", `${service}/0/${run.run_id}/artifacts/other`, "x");
  expect((await wire.get(`artifacts/list?run_id=${run.run_id}`)).body.files).toEqual([{ path: "MLmodel", is_dir: false, file_size: 1 }]);
  await wire.post("runs/update", { run_id: run.run_id, status: "FINISHED" });
  expect((await wire.send("DELETE", `${service}/my/place/${run.run_id}/artifacts/MLmodel`)).status).toBe(200);
  expect(await wire.tracking.verifySeal(run.run_id)).toMatchObject({ verdict: "pass", artifacts: 0 });
});

test("parts make a whole, in any order and after repeats; what is missing is named", async () => {
  const { run_id } = await newRun();
  const at = `0/${run_id}/artifacts/deep`;
  const mpu = (verb: string, body: object) =>
    wire.send("POST", `/api/2.0/mlflow-artifacts/mpu/${verb}/${at}`, { path: "model.bin", ...body });
  const { upload_id, credentials } = (await mpu("create", { num_parts: 3 })).body;
  expect(credentials).toHaveLength(3);
  const put = async (n: number, text: string): Promise<string | null> => {
    const reply = await wire.send("PUT", new URL(credentials[n - 1].url).pathname, text);
    expect(reply.status).toBe(200);
    return reply.headers.get("etag");
  };
  const etags: Record<number, string | null> = {};
  etags[3] = await put(3, "ccc");
  const before = await put(1, "wrong");
  etags[1] = await put(1, "aaa");
  expect(before).not.toBe(etags[1]);
  const parts = [1, 2, 3].map((part_number) => ({ part_number, etag: etags[part_number] }));
  expect(await mpu("complete", { upload_id, parts })).toMatchObject({ status: 400, body: { message: expect.stringContaining("Part 2") } });
  // A client that lost its notes asks what came, and where to send the rest.
  const known = (await wire.send("GET", `/api/2.0/mlflow-artifacts/mpu/parts/${upload_id}?parts=2`)).body;
  expect(known).toMatchObject({
    path: `${at}/model.bin`,
    parts: [
      { part_number: 1, size: 3 },
      { part_number: 3, size: 3 },
    ],
    credentials: [{ part_number: 2, url: credentials[1].url }],
  });
  await put(2, "bbb");
  const swapped = parts.map((one) => (one.part_number === 1 ? { ...one, etag: before } : one));
  expect((await mpu("complete", { upload_id, parts: swapped })).body.message).toContain("other bytes than its ETag says");
  expect((await mpu("complete", { upload_id, parts })).status).toBe(200);
  expect((await wire.send("GET", `${service}/${at}/model.bin`)).text).toBe("aaabbbccc");
  expect(copy(`${at}/model.bin`)).toBe("aaabbbccc");
  expect((await mpu("complete", { upload_id, parts })).status).toBe(404);
  const second = (await mpu("create", { num_parts: 1 })).body;
  expect((await mpu("abort", { upload_id: second.upload_id })).status).toBe(200);
  for (const id of ["..", "../../x", "f".repeat(32)]) expect((await mpu("abort", { upload_id: id })).status).toBe(404);
});

test("a page uploads up to 10 MiB", async () => {
  const { run_id } = await newRun();
  const upload = (body: string, path = "a.txt") =>
    wire.send("POST", `/ajax-api/2.0/mlflow/upload-artifact?run_uuid=${run_id}&path=${path}`, body);
  expect((await upload("hello")).status).toBe(200);
  expect((await upload("x", "..%2fa")).body.message).toBe("Invalid path");
  expect((await upload("x".repeat((10 << 20) + 1))).body.message).toContain("Max size is 10MB");
  expect((await wire.send("GET", `/get-artifact?run_id=${run_id}&path=a.txt`)).text).toBe("hello");
});

test("folders that clients write themselves are read below the operator's root, and nowhere else", async () => {
  const root = join(folder, "root");
  mkdirSync(root);
  writeFileSync(join(folder, "secret"), "hidden words");
  const local = await openMlflowWire({ artifactRoot: pathToFileURL(root).href });
  try {
    const { run_id, artifact_uri } = (await local.post("runs/create", { experiment_id: "0" })).body.run.info;
    const own = join(root, "0", run_id, "artifacts");
    expect(artifact_uri).toBe(pathToFileURL(own).href);
    mkdirSync(join(own, "sub"), { recursive: true });
    writeFileSync(join(own, "sub", "a.txt"), "abc");
    symlinkSync(join(folder, "secret"), join(own, "link"));
    symlinkSync(folder, join(own, "out"));
    expect((await local.get(`artifacts/list?run_id=${run_id}`)).body.files).toEqual([{ path: "sub", is_dir: true }]);
    expect((await local.get(`artifacts/list?run_id=${run_id}&path=sub`)).body.files).toEqual([
      { path: "sub/a.txt", is_dir: false, file_size: 3 },
    ]);
    expect((await local.send("GET", `/get-artifact?run_id=${run_id}&path=sub/a.txt`, undefined, { range: "bytes=1-" })).text).toBe("bc");
    for (const path of ["link", "out/secret", "sub"])
      expect((await local.send("GET", `/get-artifact?run_id=${run_id}&path=${path}`)).text).not.toContain("hidden words");
    const outside = (await local.post("experiments/create", { name: "out", artifact_location: pathToFileURL(folder).href })).body
      .experiment_id;
    const elsewhere = (await local.post("runs/create", { experiment_id: outside })).body.run.info.run_id;
    mkdirSync(join(folder, elsewhere, "artifacts"), { recursive: true });
    writeFileSync(join(folder, elsewhere, "artifacts", "a"), "hidden words");
    expect((await local.get(`artifacts/list?run_id=${elsewhere}`)).body).not.toHaveProperty("files");
    expect((await local.send("GET", `/get-artifact?run_id=${elsewhere}&path=a`)).status).toBe(404);
  } finally {
    await local.close();
  }
});

test("what a user brought is shown to pages without a right of ours, whatever it is", async () => {
  const { run_id } = await newRun();
  const bytes = "<script>fetch('/api/v1/session')</script>";
  const shown = async (name: string, more = ""): Promise<Headers> => {
    await wire.send("PUT", `${service}/0/${run_id}/artifacts/${name}`, bytes);
    return (await wire.send("GET", `/api/v1/p/default/runs/${run_id}/files/${name}${more}`)).headers;
  };
  for (const name of [
    "a.html",
    "a.htm",
    "a.svg",
    "a.xml",
    "a.js",
    "a.mjs",
    "a.css",
    "a.pdf",
    "a.png",
    "a.json",
    "a.xhtml",
    "a.wasm",
    "a",
    "a.HTML",
  ]) {
    const headers = await shown(name);
    const policy = headers.get("content-security-policy") ?? "";
    expect([name, headers.get("x-content-type-options"), headers.get("cross-origin-resource-policy")]).toEqual([
      name,
      "nosniff",
      "same-origin",
    ]);
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'self'");
    expect(policy).not.toContain("allow-same-origin");
    // A browser's PDF viewer needs to be outside of a sandbox; nothing else may.
    if (name !== "a.pdf") expect(policy).toMatch(/^sandbox( allow-scripts)?;/);
    expect(/script-src|allow-scripts/.test(policy)).toBe(/html?$/i.test(name) && name !== "a.xhtml");
    expect(headers.get("content-type")).not.toMatch(/javascript|text\/css|xhtml|wasm/);
    expect(headers.get("content-disposition")).toMatch(/\.(html?|svg|js|mjs|css|pdf|png|json)$/i.test(name) ? /^inline$/ : /^attachment/);
    expect((await shown(name, "?download")).get("content-disposition")).toMatch(/^attachment/);
  }
});

test("addresses that clients use without their token hold what they need; behind TLS they say so", async () => {
  const { run_id } = await newRun();
  const at = `0/${run_id}/artifacts`;
  await wire.send("PUT", `${service}/${at}/a b.txt`, "0123456789");
  const headers = { authorization: "Bearer mine", "x-forwarded-proto": "https" };
  const presigned = (await wire.send("GET", `/api/2.0/mlflow-artifacts/presigned/${at}/a%20b.txt`, undefined, headers)).body;
  expect(presigned).toMatchObject({
    file_size: 10,
    headers: { Authorization: "Bearer mine" },
    url: expect.stringMatching(/^https:.*\/a%20b\.txt$/),
  });
  const part = await wire.send("GET", new URL(presigned.url).pathname, undefined, { range: "bytes=3-5", ...presigned.headers });
  expect([part.status, part.text]).toEqual([206, "345"]);
  const mpu = await wire.send("POST", `/api/2.0/mlflow-artifacts/mpu/create/${at}`, { path: "x", num_parts: 1 }, headers);
  expect(mpu.body.credentials[0]).toMatchObject({ url: expect.stringMatching(/^https:/), headers: { Authorization: "Bearer mine" } });
  expect((await wire.send("GET", `/api/2.0/mlflow-artifacts/presigned/${at}/absent`)).status).toBe(404);
  expect((await wire.send("GET", `/api/2.0/mlflow-artifacts/presigned/${at}/a%20b.txt`, undefined, other)).status).toBe(404);
  expect((await wire.send("POST", `/api/2.0/mlflow-artifacts/mpu/create/${at}`, { path: "x" }, other)).status).toBe(404);
});

test("all artifacts of a run are deleted at once", async () => {
  const { run_id } = await newRun();
  for (const path of ["a", "b/c"]) await wire.send("PUT", `${service}/0/${run_id}/artifacts/${path}`, "x");
  expect((await wire.send("DELETE", `${service}/0/${run_id}/artifacts/`)).status).toBe(200);
  expect((await wire.get(`artifacts/list?run_id=${run_id}`)).body).not.toHaveProperty("files");
  expect(existsSync(join(folder, "copies", "0", run_id, "artifacts", "b"))).toBe(false);
});

test("an upload that was given up goes by its age; one that goes on stays", async () => {
  const begin = async () => (await wire.send("POST", "/api/2.0/mlflow-artifacts/mpu/create/free", { path: "x" })).body.upload_id as string;
  const [left, kept] = [await begin(), await begin()];
  const longAgo = new Date(Date.now() - 25 * 3_600_000);
  utimesSync(join(wire.folder, "tmp", "uploads", left), longAgo, longAgo);
  expect(await removeAbandoned(wire.store)).toBe(1);
  const look = (id: string) => wire.send("GET", `/api/2.0/mlflow-artifacts/mpu/parts/${id}`);
  expect([(await look(left)).status, (await look(kept)).status]).toEqual([404, 200]);
});
