import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { sha256 } from "../base/foundation/hashing.ts";
import { openS3Blobs } from "../base/storage/s3-blobs.ts";
import { describeWith } from "../testing/needs.ts";
import { findS3Python, startS3, type TestS3 } from "../testing/s3.ts";
import { openWholeWire, type WholeWire } from "../testing/whole-wire.ts";

describeWith("artifacts of a store on S3", "a Python with moto[server] (CAPSTAN_TEST_PYTHON)", findS3Python(), (python) => {
  let server: TestS3;
  let wire: WholeWire;
  let folder: string;
  beforeAll(async () => {
    server = await startS3(python);
    folder = mkdtempSync(join(tmpdir(), "wire-direct-"));
    wire = await openWholeWire({ blobs: openS3Blobs(await server.createBucket(), join(folder, "cache")) });
  }, 60_000);
  afterAll(async () => {
    await wire?.close();
    await server?.stop();
    if (folder) rmSync(folder, { recursive: true });
  });
  const service = "/api/2.0/mlflow-artifacts";

  test("parts go to the bucket, an upload goes on from any host, and the file is read from the bucket", async () => {
    const run = (await wire.post("runs/create", {})).body.run.info.run_id as string;
    const at = `0/${run}/artifacts/deep`;
    const pieces = [Buffer.alloc(5 << 20, "a"), Buffer.from("end")];
    const begun = (await wire.send("POST", `${service}/mpu/create/${at}`, { path: "big.bin", num_parts: 2 })).body;
    const put = async (part: { url: string; part_number: number }) => {
      expect(new URL(part.url).host).not.toBe(new URL(wire.url).host);
      const answer = await fetch(part.url, { method: "PUT", body: pieces[part.part_number - 1] ?? "" });
      return { part_number: part.part_number, etag: answer.headers.get("etag"), url: part.url };
    };
    const first = await put(begun.credentials[0]);
    const parts = [first, { part_number: 2, etag: '"unknown"' }];
    const complete = (named: object[]) =>
      wire.send("POST", `${service}/mpu/complete/${at}`, { path: "big.bin", upload_id: begun.upload_id, parts: named });
    expect(await complete(parts)).toMatchObject({ status: 400, body: { message: expect.stringContaining("part 2 was not uploaded") } });
    const known = (await wire.send("GET", `${service}/mpu/parts/${begun.upload_id}?parts=2`)).body;
    expect(known).toMatchObject({ path: `${at}/big.bin`, parts: [{ part_number: 1, size: 5 << 20 }] });
    expect((await complete([first, await put(known.credentials[0])])).status).toBe(200);

    const digest = sha256(Buffer.concat(pieces));
    expect((await wire.get(`artifacts/list?run_id=${run}&path=deep`)).body.files).toEqual([
      { path: "deep/big.bin", is_dir: false, file_size: (5 << 20) + 3 },
    ]);
    const presigned = (await wire.send("GET", `${service}/presigned/${at}/big.bin`)).body;
    expect([presigned.file_size, presigned.headers]).toEqual([(5 << 20) + 3, {}]);
    expect(new URL(presigned.url).pathname).toContain(digest);
    expect(await (await fetch(presigned.url, { headers: { range: "bytes=5242879-" } })).text()).toBe("aend");
    // Nothing of it came through this machine.
    expect(readdirSync(folder)).toEqual([]);
    expect((await wire.send("GET", `${service}/artifacts/${at}/big.bin`)).text).toBe(Buffer.concat(pieces).toString());
  });

  test("what is given up is gone; a name of an upload that somebody made up is none", async () => {
    const begun = (await wire.send("POST", `${service}/mpu/create/free`, { path: "x", num_parts: 1 })).body;
    const abort = (id: string) => wire.send("POST", `${service}/mpu/abort/free`, { path: "x", upload_id: id });
    expect((await abort(begun.upload_id)).status).toBe(200);
    expect((await wire.send("GET", `${service}/mpu/parts/${begun.upload_id}`)).status).toBe(404);
    const made = (value: unknown) => `d-${Buffer.from(JSON.stringify(value)).toString("base64url")}`;
    for (const id of ["d-", "d-xx", made(1), made(["x"]), made(["../x.y", "a"]), made([`${"0".repeat(32)}.x`, "../a"])])
      expect((await abort(id)).status).toBeLessThan(500);
  });
});
