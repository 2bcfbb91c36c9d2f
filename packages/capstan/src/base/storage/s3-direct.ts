import { createHash, randomBytes } from "node:crypto";
import { CapstanError } from "../foundation/errors.ts";
import type { DirectBlobs, SentPart } from "./blob-store.ts";
import { createS3Addresses, type S3Ask, type S3Place, tagIn, tagsIn } from "./s3-client.ts";

/** Whole uploads lie here until their digest is known; no blob's key begins so. */
const stage = "uploads/";
/** S3 copies no more in one request. */
const copyLimitBytes = 5 * 2 ** 30;
const copyPartBytes = 2 ** 30;

const cannot = (problem: string): CapstanError => new CapstanError("CAP-STORE-015", { problem });
type SizedPart = SentPart & { sizeBytes: number };
const bare = (etag: string): string => etag.replaceAll('"', "");
const xmlText = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
const joined = (parts: readonly SentPart[]): string =>
  `<CompleteMultipartUpload>${parts.map((one) => `<Part><PartNumber>${one.number}</PartNumber><ETag>${xmlText(one.etag)}</ETag></Part>`).join("")}</CompleteMultipartUpload>`;

/** Presigned addresses of S3. An upload's parts become an object outside of the names of blobs; it is read once for its digest and copied under its name by the service itself. */
export function createS3Direct(place: S3Place, ask: S3Ask, keyOf: (digest: string) => string): DirectBlobs {
  const address = createS3Addresses(place);
  /** `name.id`: what we called it, and what the service calls it. */
  const known = (upload: string): { key: string; uploadId: string } => {
    const [, name = "", uploadId = ""] = /^([0-9a-f]{32})\.([\w.~+/=-]{1,1000})$/.exec(upload) ?? [];
    if (uploadId === "") throw cannot("there is no such upload");
    return { key: stage + name, uploadId };
  };
  const begun = async (key: string): Promise<string> => {
    const answer = await ask({ method: "POST", key, query: { uploads: "" }, statuses: [200] });
    const uploadId = tagIn(await answer.text(), "UploadId");
    if (uploadId === undefined)
      throw new CapstanError("CAP-STORE-001", { problem: "the object store began an upload without saying its id" });
    return uploadId;
  };
  /** Parts that came; undefined when the service knows no such upload. */
  async function partsOf({ key, uploadId }: { key: string; uploadId: string }): Promise<SizedPart[] | undefined> {
    const found: SizedPart[] = [];
    for (let after: string | undefined = "0"; after !== undefined;) {
      const answer = await ask({ method: "GET", key, query: { uploadId, "part-number-marker": after }, statuses: [200, 404] });
      if (answer.status === 404) return undefined;
      const xml = await answer.text();
      for (const part of tagsIn(xml, "Part"))
        found.push({
          number: Number(tagIn(part, "PartNumber")),
          etag: tagIn(part, "ETag") ?? "",
          sizeBytes: Number(tagIn(part, "Size")),
        });
      after = tagIn(xml, "IsTruncated") === "true" ? tagIn(xml, "NextPartNumberMarker") : undefined;
    }
    return found;
  }

  async function join(key: string, uploadId: string, parts: readonly SentPart[]): Promise<void> {
    const answer = await ask({
      method: "POST",
      key,
      query: { uploadId },
      body: joined(parts),
      headers: { "content-type": "application/xml" },
      statuses: [200, 400],
    });
    const text = await answer.text();
    if (answer.status === 400 || text.includes("<Error>"))
      throw cannot(`the object store says ${tagIn(text, "Code") ?? "nothing about why"}`);
  }
  async function copy(from: string, to: string, sizeBytes: number): Promise<void> {
    const source = encodeURI(`/${bucketOf(place)}/${place.prefix}${from}`);
    if (sizeBytes <= copyLimitBytes) {
      const answer = await ask({ method: "PUT", key: to, headers: { "x-amz-copy-source": source }, statuses: [200] });
      if ((await answer.text()).includes("<Error>"))
        throw new CapstanError("CAP-STORE-001", { problem: "the object store could not copy an upload" });
      return;
    }
    const uploadId = await begun(to);
    try {
      const parts: SentPart[] = [];
      for (let start = 0; start < sizeBytes; start += copyPartBytes) {
        const number = parts.length + 1;
        const end = Math.min(sizeBytes, start + copyPartBytes) - 1;
        const answer = await ask({
          method: "PUT",
          key: to,
          query: { partNumber: String(number), uploadId },
          headers: { "x-amz-copy-source": source, "x-amz-copy-source-range": `bytes=${start}-${end}` },
          statuses: [200],
        });
        parts.push({ number, etag: tagIn(await answer.text(), "ETag") ?? "" });
      }
      await join(to, uploadId, parts);
    } catch (error) {
      await ask({ method: "DELETE", key: to, query: { uploadId }, statuses: [204, 200, 404] }).catch(() => undefined);
      throw error;
    }
  }
  const remove = async (key: string, uploadId: string): Promise<void> => {
    await ask({ method: "DELETE", key, query: { uploadId }, statuses: [200, 204, 404] });
    await ask({ method: "DELETE", key, statuses: [200, 204, 404] });
  };

  return {
    async readAddress(digest, { seconds, fileName, contentType }) {
      const key = keyOf(digest);
      if ((await ask({ method: "HEAD", key, statuses: [200, 404] })).status === 404) throw new CapstanError("CAP-STORE-006", { digest });
      const query = {
        "response-content-disposition": `attachment; filename*=UTF-8''${encodeURIComponent(fileName)}`,
        "response-content-type": contentType,
      };
      return address({ method: "GET", key, query }, seconds);
    },
    async begin() {
      const name = randomBytes(16).toString("hex");
      return { upload: `${name}.${await begun(stage + name)}` };
    },
    async partAddress(upload, number, seconds) {
      const { key, uploadId } = known(upload);
      return address({ method: "PUT", key, query: { partNumber: String(number), uploadId } }, seconds);
    },
    parts: async (upload) => partsOf(known(upload)),
    async complete(upload, parts) {
      const { key, uploadId } = known(upload);
      const there = await partsOf({ key, uploadId });
      const lacking = there && parts.find((part) => !there.some((one) => one.number === part.number && bare(one.etag) === bare(part.etag)));
      if (lacking) throw cannot(`part ${lacking.number} was not uploaded as it is named`);
      // An upload that the service does not know was joined before when there is an object, else it never was.
      if (there) await join(key, uploadId, parts);
      const answer = await ask({ method: "GET", key, statuses: [200, 404] });
      if (answer.status === 404) throw cannot("there is no such upload");
      const hasher = createHash("sha256");
      let sizeBytes = 0;
      for await (const piece of (answer.body ?? []) as AsyncIterable<Uint8Array>) {
        hasher.update(piece);
        sizeBytes += piece.length;
      }
      if (sizeBytes !== Number(answer.headers.get("content-length") ?? sizeBytes))
        throw new CapstanError("CAP-STORE-001", { problem: "the object store ended its answer too early" });
      const digest = hasher.digest("hex");
      await copy(key, keyOf(digest), sizeBytes);
      await remove(key, uploadId);
      return { digest, sizeBytes };
    },
    async abort(upload) {
      const { key, uploadId } = known(upload);
      await remove(key, uploadId);
    },
    async abortBefore(timeMs) {
      const prefix = place.prefix + stage;
      const own = (key: string | undefined): string | undefined => {
        const name = key?.startsWith(prefix) ? key.slice(prefix.length) : "";
        return /^[0-9a-f]{32}$/.test(name) ? stage + name : undefined;
      };
      const open = await (await ask({ method: "GET", query: { uploads: "", prefix }, statuses: [200] })).text();
      const whole = await (await ask({ method: "GET", query: { "list-type": "2", prefix }, statuses: [200] })).text();
      const old = (time: string | undefined): boolean => Date.parse(time ?? "") < timeMs;
      let aborted = 0;
      for (const one of tagsIn(open, "Upload")) {
        const key = own(tagIn(one, "Key"));
        if (key === undefined || !old(tagIn(one, "Initiated"))) continue;
        await ask({ method: "DELETE", key, query: { uploadId: tagIn(one, "UploadId") ?? "" }, statuses: [200, 204, 404] });
        aborted++;
      }
      for (const one of tagsIn(whole, "Contents")) {
        const key = own(tagIn(one, "Key"));
        if (key === undefined || !old(tagIn(one, "LastModified"))) continue;
        await ask({ method: "DELETE", key, statuses: [200, 204, 404] });
        aborted++;
      }
      return aborted;
    },
  };
}

/** The bucket's name, from its address by path or by name. */
function bucketOf({ bucketUrl }: S3Place): string {
  const { pathname, hostname } = new URL(bucketUrl);
  return pathname.replace(/^\/|\/$/g, "") || (hostname.split(".s3.")[0] ?? hostname);
}
