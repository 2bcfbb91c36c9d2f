import type { IncomingHttpHeaders } from "node:http";
import { contentTypeOf } from "../content-type.ts";
import type { ArtifactPlace } from "./artifact-places.ts";
import { invalid, WireFailure } from "./failures.ts";
import type { WireReply } from "./model.ts";

/** From this size on a file is sent from buffers of its own. */
const largeBytes = 1 << 20;

/** One range of bytes, half-open; undefined when none is asked for or it is not understood. */
export function rangeOf(header: string | undefined, sizeBytes: number): { start: number; end: number } | "outside" | undefined {
  const match = /^bytes=([0-9]{0,16})-([0-9]{0,16})$/.exec(header ?? "");
  if (!match || (match[1] === "" && match[2] === "")) return undefined;
  if (match[1] === "") {
    const length = Math.min(Number(match[2]), sizeBytes);
    return length === 0 ? "outside" : { start: sizeBytes - length, end: sizeBytes };
  }
  const start = Number(match[1]);
  const end = match[2] === "" ? sizeBytes : Math.min(Number(match[2]) + 1, sizeBytes);
  return start >= sizeBytes || end <= start ? "outside" : { start, end };
}

/** A name as a header holds it: plain where it may be, and in UTF-8 for every other. */
function attachment(path: string): string {
  const name = path.split("/").pop() ?? "file";
  if (/^[\w!#$%&+.^`|~-]+$/.test(name) && !name.includes("%")) return `attachment; filename=${name}`;
  const plain = name.replace(/[^\x20-\x7e]|["\\%]/g, "_");
  const encoded = encodeURIComponent(name).replace(/['()*]/g, (one) => `%${one.charCodeAt(0).toString(16)}`);
  return `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`;
}

/** A file of a place, or the range of it that is asked for; a browser saves it and guesses nothing about it. */
export async function fileReply(
  place: ArtifactPlace,
  path: string,
  headers: IncomingHttpHeaders,
  more: Record<string, string> = {},
): Promise<WireReply> {
  const found = await place.find(path);
  if (!found) {
    if ((await place.list(path)).length > 0) throw invalid(`${path} is a folder`);
    throw new WireFailure("RESOURCE_DOES_NOT_EXIST", `No artifact ${path.slice(0, 200)}`);
  }
  const all = {
    "content-type": contentTypeOf(path).split(";")[0] ?? "",
    "content-disposition": attachment(path),
    "x-content-type-options": "nosniff",
    "accept-ranges": "bytes",
    ...(found.digest !== undefined && { etag: `"${found.digest}"` }),
    ...more,
  };
  const range = rangeOf(headers.range, found.sizeBytes);
  if (range === "outside") return { status: 416, headers: { "content-range": `bytes */${found.sizeBytes}` }, text: "" };
  const length = range ? range.end - range.start : found.sizeBytes;
  return {
    status: range ? 206 : 200,
    headers: {
      ...all,
      "content-length": String(length),
      ...(range && { "content-range": `bytes ${range.start}-${range.end - 1}/${found.sizeBytes}` }),
    },
    ...(length >= largeBytes && found.path
      ? { file: { path: await found.path(), start: range?.start ?? 0, end: range?.end ?? found.sizeBytes } }
      : { stream: await found.stream(range) }),
  };
}

/** Files of a listing; sizes of files only. */
export const filesOf = (
  entries: readonly { path: string; folder: boolean; sizeBytes: number | null }[],
  nameOf: (path: string) => string = (path) => path,
): object[] =>
  entries.map((one) => ({ path: nameOf(one.path), is_dir: one.folder, ...(one.sizeBytes !== null && { file_size: one.sizeBytes }) }));
