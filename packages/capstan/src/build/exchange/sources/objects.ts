import { Readable } from "node:stream";
import { createS3Client, type S3Place, tagIn } from "../../../base/storage/s3-client.ts";
import { safePath } from "../../tracking/rules.ts";
import type { SourceFile } from "../model.ts";

/** Every object below `s3://bucket/prefix`, as files with paths relative to it. */
export async function objectsBelow(uri: string, placeOf: (bucket: string) => S3Place): Promise<SourceFile[]> {
  const match = /^s3:\/\/([^/]+)\/?(.*)$/i.exec(uri);
  const [bucket, prefix] = [match?.[1] ?? "", decodeURIComponent(match?.[2] ?? "").replace(/\/+$/, "")];
  const ask = createS3Client(placeOf(`s3://${bucket}`));
  const below = prefix === "" ? "" : `${prefix}/`;
  const files: SourceFile[] = [];
  for (let after: string | undefined, more = true; more;) {
    const query: Record<string, string> = { "list-type": "2", prefix: below, ...(after !== undefined && { "continuation-token": after }) };
    const xml = await (await ask({ method: "GET", query, statuses: [200] })).text();
    for (const [, part = ""] of xml.matchAll(/<Contents>(.*?)<\/Contents>/gs)) {
      const key = decoded(tagIn(part, "Key") ?? "");
      const path = key.slice(below.length);
      if (path === "" || path.endsWith("/") || safePath(path) === undefined) continue;
      files.push({
        path,
        sizeBytes: Number(tagIn(part, "Size") ?? 0),
        async keep(blobs) {
          const { body } = await ask({ method: "GET", key, statuses: [200] });
          return body ? blobs.putStream(Readable.fromWeb(body as never)) : blobs.putBytes(new Uint8Array());
        },
      });
    }
    after = decoded(tagIn(xml, "NextContinuationToken") ?? "") || undefined;
    more = after !== undefined;
  }
  return files;
}

const decoded = (xml: string): string =>
  xml.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&quot;", '"').replaceAll("&apos;", "'").replaceAll("&amp;", "&");
