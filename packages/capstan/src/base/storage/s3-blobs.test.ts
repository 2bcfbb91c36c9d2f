import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeWith } from "../../testing/needs.ts";
import { findS3Python, freePort, startS3, type TestS3 } from "../../testing/s3.ts";
import { sha256 } from "../foundation/hashing.ts";
import { blobStoreConformance } from "./blob-store.conformance.ts";
import { openS3Blobs } from "./s3-blobs.ts";
import { createS3Client } from "./s3-client.ts";

describeWith("S3", "a Python with moto[server] (CAPSTAN_TEST_PYTHON)", findS3Python(), (python) => {
  let server: TestS3;
  beforeAll(async () => void (server = await startS3(python)), 60_000);
  afterAll(() => server.stop());

  blobStoreConformance("S3", async () => {
    const folder = await mkdtemp(join(tmpdir(), "s3-cache-"));
    const place = await server.createBucket();
    const ask = createS3Client(place);
    let count = 0;
    return {
      blobs: openS3Blobs(place, join(folder, "cache")),
      again: () => openS3Blobs(place, join(folder, `cache-${count++}`)),
      corrupt: async (digest, bytes) =>
        void (await ask({ method: "PUT", key: `${digest.slice(0, 2)}/${digest}`, body: bytes, statuses: [200] })),
      async leftovers() {
        const uploads = await (await ask({ method: "GET", query: { uploads: "" }, statuses: [200] })).text();
        return [...(uploads.match(/<UploadId>[^<]*/g) ?? []), ...(await readdir(join(folder, "cache", "tmp")).catch(() => []))];
      },
      remove: () => rm(folder, { recursive: true, force: true }),
    };
  });

  test("addresses: parts go to the bucket itself, the whole gets its name, and is read there; what was given up goes by its age", async () => {
    const folder = await mkdtemp(join(tmpdir(), "s3-cache-"));
    const place = await server.createBucket();
    const blobs = openS3Blobs(place, join(folder, "cache"));
    const { direct } = blobs;
    if (!direct) throw new Error("S3 has addresses");
    const parts = [Buffer.alloc(5 << 20, "a"), Buffer.alloc(5 << 20, "b"), Buffer.from("end")];
    const whole = Buffer.concat(parts);
    const { upload } = await direct.begin();
    const sent: { number: number; etag: string }[] = [];
    const put = async (number: number): Promise<void> => {
      const answer = await fetch(await direct.partAddress(upload, number, 60), { method: "PUT", body: parts[number - 1] ?? "" });
      expect(answer.status).toBe(200);
      sent.push({ number, etag: answer.headers.get("etag") ?? "" });
    };
    await put(1);
    await put(3);
    expect((await direct.parts(upload))?.map((one) => [one.number, one.sizeBytes])).toEqual([
      [1, 5 << 20],
      [3, 3],
    ]);
    await expect(
      direct.complete(
        upload,
        [1, 2, 3].map((number) => ({ number, etag: '"x"' })),
      ),
    ).rejects.toMatchObject({ code: "CAP-STORE-015" });
    await put(2);
    const done = await direct.complete(
      upload,
      sent.sort((a, b) => a.number - b.number),
    );
    expect(done).toEqual({ digest: sha256(whole), sizeBytes: whole.length });
    expect(await blobs.verify(done.digest)).toBe("same");
    const address = await direct.readAddress(done.digest, { seconds: 60, fileName: "a b.bin", contentType: "application/octet-stream" });
    const range = await fetch(address, { headers: { range: "bytes=5242879-5242880" } });
    expect([range.status, await range.text()]).toEqual([206, "ab"]);
    expect(new URL(address).searchParams.get("response-content-disposition")).toBe("attachment; filename*=UTF-8''a%20b.bin");
    await expect(direct.complete(upload, sent)).rejects.toMatchObject({ code: "CAP-STORE-015" });
    await expect(direct.readAddress("0".repeat(64), { seconds: 60, fileName: "x", contentType: "x/y" })).rejects.toMatchObject({
      code: "CAP-STORE-006",
    });
    for (const odd of ["", "..", "x.y", `${"0".repeat(32)}.&a=b`])
      await expect(direct.parts(odd)).rejects.toMatchObject({ code: "CAP-STORE-015" });
    const left = await direct.begin();
    expect(await direct.abortBefore(0)).toBe(0);
    expect(await direct.abortBefore(Date.now() + 3_600_000)).toBe(1);
    expect(await direct.parts(left.upload)).toBeUndefined();
    await direct.abort(left.upload);
    const names: string[] = [];
    for await (const one of blobs.list()) names.push(one.digest);
    expect(names).toEqual([done.digest]);
    await rm(folder, { recursive: true });
  });

  test("wrong credentials, no bucket and no server are said, and secrets are not", async () => {
    const folder = await mkdtemp(join(tmpdir(), "s3-cache-"));
    const place = { ...(await server.createBucket()), credentials: async () => ({ accessKeyId: "key", secretAccessKey: "very secret" }) };
    const nowhere = openS3Blobs({ ...place, bucketUrl: `${new URL(place.bucketUrl).origin}/no-such-bucket` }, folder);
    await expect(nowhere.putBytes(Buffer.from("x"))).rejects.toMatchObject({ code: "CAP-STORE-001" });
    await expect(nowhere.putBytes(Buffer.from("x"))).rejects.toThrow("404 NoSuchBucket");
    const gone = openS3Blobs({ ...place, bucketUrl: `http://127.0.0.1:${await freePort()}/bucket` }, folder);
    const error = await gone.size(sha256("x")).catch((thrown: unknown) => thrown);
    expect(String(error)).toContain("ECONNREFUSED");
    expect(String(error)).not.toContain("secret");
    await rm(folder, { recursive: true });
  });
});
