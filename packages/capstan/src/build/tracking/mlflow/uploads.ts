import type { Store } from "../../../base/record/store.ts";
import type { DirectBlobs } from "../../../base/storage/blob-store.ts";
import { integer, messages, requiredText, text } from "./fields.ts";
import { invalid, WireFailure } from "./failures.ts";
import type { WireReply, WireRequest, WireRoute } from "./model.ts";
import { authorizationOf, ownAddress } from "./own-address.ts";
import { safe } from "./safe-path.ts";
import type { Surface } from "./surface.ts";
import { createUploadFolder } from "./upload-folder.ts";

const mostParts = 10_000;
/** Long enough for a slow line to send all parts of a large file; what is left then is asked for again. */
const addressSeconds = 12 * 3600;
/** An upload that nothing came to for so long was given up. */
const abandonedAfterMs = 24 * 3_600_000;
const tidyEveryMs = 3_600_000;
type Named = { number: number; etag: string };

/** The name of an upload that goes to the object store itself: all that any host needs to know of it. */
const directName = (upload: string, path: string): string => `d-${Buffer.from(JSON.stringify([upload, path])).toString("base64url")}`;
function directOf(id: string): { upload: string; path: string } | undefined {
  if (!id.startsWith("d-")) return undefined;
  try {
    const [upload, path] = JSON.parse(Buffer.from(id.slice(2), "base64url").toString()) as unknown[];
    if (typeof upload === "string" && typeof path === "string") return { upload, path: safe(path) };
  } catch {
    // Said below.
  }
  throw new WireFailure("RESOURCE_DOES_NOT_EXIST", `No upload ${id.slice(0, 100)}`);
}
/** Takes away what was begun and given up long ago. Gives how many uploads that were. */
export async function removeAbandoned(store: Store): Promise<number> {
  const beforeMs = store.clock.nowMs() - abandonedAfterMs;
  return (await createUploadFolder(store).removeBefore(beforeMs)) + ((await store.blobs.direct?.abortBefore(beforeMs)) ?? 0);
}

const number = (value: number): number => {
  if (!Number.isInteger(value) || value < 1 || value > mostParts) throw invalid(`A part's number is 1 to ${mostParts}`);
  return value;
};
/** The folder is in the address; the message has the client's own path, of which the last name counts. */
const pathOf = ({ params, input }: WireRequest): string => {
  const name = requiredText(input, "path").split(/[/\\]/).pop() ?? "";
  return safe([params["path"], name].filter(Boolean).join("/"));
};

/**
 * An artifact in parts, each sent when and as often as the client likes, also after a restart of either side. Parts go to the object store itself where that has
 * addresses for them, else through us; the whole appears at once.
 */
export function uploadRoutes(
  { store }: Surface,
  artifacts: {
    /** Fails when the caller may not write there. */
    check(path: string, request: WireRequest): Promise<void>;
    keep(path: string, blob: { digest: string; sizeBytes: number }, request: WireRequest): Promise<void>;
  },
): WireRoute[] {
  const folder = createUploadFolder(store);
  let tidiedMs = 0;
  const direct = (): DirectBlobs => {
    if (!store.blobs.direct)
      throw new WireFailure("RESOURCE_DOES_NOT_EXIST", "The upload belongs to an object store, and this store has none");
    return store.blobs.direct;
  };

  const find = async (id: string): Promise<{ path: string; parts: Named[]; sizes: (number | undefined)[] }> => {
    const there = directOf(id);
    const parts = there ? await direct().parts(there.upload) : await folder.parts(id);
    if (!parts) throw new WireFailure("RESOURCE_DOES_NOT_EXIST", `No upload ${id.slice(0, 100)}`);
    return { path: there?.path ?? (await folder.pathOf(id)), parts, sizes: parts.map((one) => one.sizeBytes) };
  };
  const credential = async (id: string, part: number, request: WireRequest): Promise<object> => {
    const there = directOf(id);
    return there
      ? { url: await direct().partAddress(there.upload, part, addressSeconds), part_number: part, headers: {} }
      : {
          url: `${ownAddress(request)}/api/2.0/mlflow-artifacts/mpu/parts/${id}/${part}`,
          part_number: part,
          // Clients send parts without the token that they begin the upload with.
          headers: authorizationOf(request),
        };
  };

  async function create(request: WireRequest): Promise<WireReply> {
    const path = pathOf(request);
    const count = number(integer(request.input, "num_parts") ?? 1);
    await artifacts.check(path, request);
    // What others gave up makes room for it.
    if (store.clock.nowMs() - tidiedMs > tidyEveryMs) {
      tidiedMs = store.clock.nowMs();
      await removeAbandoned(store);
    }
    const id = store.blobs.direct ? directName((await store.blobs.direct.begin()).upload, path) : await folder.begin(path);
    const credentials: object[] = [];
    for (let part = 1; part <= count; part++) credentials.push(await credential(id, part, request));
    return { status: 200, json: { upload_id: id, credentials } };
  }

  /** Beyond the protocol: what came already, and addresses for more, so that a client goes on where it or we stopped. */
  async function look(request: WireRequest): Promise<WireReply> {
    const id = request.params["upload"] ?? "";
    const { path, parts, sizes } = await find(id);
    const wanted = (request.query.get("parts") ?? "").split(",").filter(Boolean).map(Number).map(number);
    const credentials: object[] = [];
    for (const part of wanted) credentials.push(await credential(id, part, request));
    return {
      status: 200,
      json: {
        upload_id: id,
        path,
        parts: parts.map((one, i) => ({ part_number: one.number, etag: one.etag, size: sizes[i] })),
        ...(credentials.length > 0 && { credentials }),
      },
    };
  }

  async function part({ params, bytes }: WireRequest): Promise<WireReply> {
    const etag = await folder.put(params["upload"] ?? "", number(Number(params["number"])), bytes);
    return { status: 200, headers: { etag: `"${etag}"` }, json: {} };
  }

  async function complete(request: WireRequest): Promise<WireReply> {
    const id = requiredText(request.input, "upload_id");
    const there = directOf(id);
    const path = there?.path ?? (await folder.pathOf(id));
    if (path !== pathOf(request)) throw invalid(`Upload ${id.slice(0, 100)} is of another path`);
    const named = messages(request.input, "parts").map((one) => ({
      number: number(integer(one, "part_number") ?? 0),
      etag: text(one, "etag")?.replaceAll('"', "") || undefined,
    }));
    if (named.length === 0 || new Set(named.map((one) => one.number)).size < named.length) throw invalid("Every part is named once");
    named.sort((a, b) => a.number - b.number);
    await artifacts.check(path, request);
    const blob = there
      ? await direct().complete(
          there.upload,
          named.map((one) => ({ number: one.number, etag: `"${one.etag ?? ""}"` })),
        )
      : await store.blobs.putStream(await folder.whole(id, named));
    await artifacts.keep(path, blob, request);
    if (!there) await folder.remove(id);
    return { status: 200, json: {} };
  }

  async function abort(request: WireRequest): Promise<WireReply> {
    const id = requiredText(request.input, "upload_id");
    const there = directOf(id);
    if (there) await direct().abort(there.upload);
    else {
      await folder.pathOf(id);
      await folder.remove(id);
    }
    return { status: 200, json: {} };
  }

  const verb = (name: string, handle: WireRoute["handle"]): WireRoute[] =>
    ["", "/{path...}"].map((rest) => ({
      method: "POST",
      path: `/mlflow-artifacts/mpu/${name}${rest}`,
      capability: "log",
      takes: "message",
      handle,
    }));
  return [
    ...verb("create", create),
    ...verb("complete", complete),
    ...verb("abort", abort),
    { method: "GET", path: "/mlflow-artifacts/mpu/parts/{upload}", capability: "log", takes: "bytes", handle: look },
    { method: "PUT", path: "/mlflow-artifacts/mpu/parts/{upload}/{number}", capability: "log", takes: "bytes", handle: part },
  ];
}
