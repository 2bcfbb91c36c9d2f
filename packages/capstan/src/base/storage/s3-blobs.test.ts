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
