import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import { CapstanError } from "../foundation/errors.ts";
import { sha256 } from "../foundation/hashing.ts";
import type { Blob } from "./blob-store.ts";
import { type S3Ask, tagIn } from "./s3-client.ts";

/** Parts are as small as the limits of S3 allow (5 MiB, at most 10 000), so that memory stays constant. */
const partBytes = 5 << 20;
const partLimit = 9_000;
const atOnce = 2;

/** Sends the bytes of a local file under a key: in one request, or in parts, a few of them in memory at once. An interrupted upload leaves nothing under the key. */
export async function upload(ask: S3Ask, key: string, path: string, blob: Blob): Promise<void> {
  const file = await open(path, "r");
  const fill = async (buffer: Buffer, start: number): Promise<void> => {
    for (let done = 0; done < buffer.length;) {
      const { bytesRead } = await file.read(buffer, done, buffer.length - done, start + done);
      if (bytesRead === 0) throw new CapstanError("CAP-STORE-002", { digest: blob.digest });
      done += bytesRead;
    }
  };
  try {
    if (blob.sizeBytes > partBytes) await inParts(ask, key, blob, fill);
    else {
      const whole = Buffer.allocUnsafe(blob.sizeBytes);
      await fill(whole, 0);
      await single(ask, key, whole);
    }
  } finally {
    await file.close();
  }
}

const single = async (ask: S3Ask, key: string, body: Buffer): Promise<void> => {
  // The service itself refuses a body that is not what was signed.
  await ask({
    method: "PUT",
    key,
    body,
    headers: { "x-amz-content-sha256": sha256(body), "content-type": "application/octet-stream" },
    statuses: [200],
  });
};

async function inParts(ask: S3Ask, key: string, blob: Blob, fill: (buffer: Buffer, start: number) => Promise<void>): Promise<void> {
  const begun = await ask({
    method: "POST",
    key,
    query: { uploads: "" },
    headers: { "content-type": "application/octet-stream" },
    statuses: [200],
  });
  const uploadId = tagIn(await begun.text(), "UploadId");
  if (uploadId === undefined)
    throw new CapstanError("CAP-STORE-001", { problem: "the object store began an upload without saying its id" });
  const size = Math.max(partBytes, Math.ceil(blob.sizeBytes / partLimit));
  const count = Math.ceil(blob.sizeBytes / size);
  const tags: string[] = [];
  let next = 0;
  // What is sent is hashed once more, in order, so that a file that changed meanwhile is not stored under this name.
  const hasher = createHash("sha256");
  let hashed: Promise<void> = Promise.resolve();
  const worker = async (): Promise<void> => {
    const buffer = Buffer.allocUnsafe(size);
    for (let part = next++; part < count; part = next++) {
      const body = buffer.subarray(0, Math.min(size, blob.sizeBytes - part * size));
      const filled = fill(body, part * size);
      hashed = hashed.then(async () => {
        await filled;
        hasher.update(body);
      });
      await hashed;
      const answer = await ask({
        method: "PUT",
        key,
        query: { partNumber: String(part + 1), uploadId },
        body,
        headers: { "x-amz-content-sha256": sha256(body) },
        statuses: [200],
      });
      tags[part] = answer.headers.get("etag") ?? "";
    }
  };
  try {
    const workers = await Promise.allSettled(Array.from({ length: atOnce }, worker));
    for (const one of workers) if (one.status === "rejected") throw one.reason;
    if (hasher.digest("hex") !== blob.digest) throw new CapstanError("CAP-STORE-002", { digest: blob.digest });
    const body = `<CompleteMultipartUpload>${tags.map((tag, i) => `<Part><PartNumber>${i + 1}</PartNumber><ETag>${tag.replaceAll("&", "&amp;").replaceAll("<", "&lt;")}</ETag></Part>`).join("")}</CompleteMultipartUpload>`;
    const done = await ask({
      method: "POST",
      key,
      query: { uploadId },
      body,
      headers: { "content-type": "application/xml" },
      statuses: [200],
    });
    // The service may find the error when it has already answered 200.
    const text = await done.text();
    if (text.includes("<Error>"))
      throw new CapstanError("CAP-STORE-001", { problem: `the upload could not be completed: ${tagIn(text, "Code") ?? "no code"}` });
  } catch (error) {
    await ask({ method: "DELETE", key, query: { uploadId }, statuses: [204, 200, 404] }).catch(() => undefined);
    throw error;
  }
}
