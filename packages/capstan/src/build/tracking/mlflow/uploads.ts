import { createReadStream, createWriteStream } from "node:fs";
import { mkdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { sha256 } from "../../../base/foundation/hashing.ts";
import type { Caller } from "../../../base/foundation/caller.ts";
import { safe } from "./artifact-places.ts";
import { integer, messages, requiredText } from "./fields.ts";
import { invalid, WireFailure } from "./failures.ts";
import type { WireReply, WireRequest, WireRoute } from "./model.ts";
import type { Surface } from "./surface.ts";

const mostParts = 10_000;
type Upload = { path: string };

/**
 * An artifact in parts, each sent when and as often as the client likes, also after a restart of either side. Parts lie in the store's `tmp` until they are
 * completed or given up; the whole appears at once.
 */
export function uploadRoutes(
  { store }: Surface,
  keep: (path: string, blob: { digest: string; sizeBytes: number }, request: { caller: Caller }) => Promise<void>,
): WireRoute[] {
  const folderOf = (id: string): string => {
    if (!/^[0-9a-f]{32}$/.test(id)) throw unknown(id);
    return join(store.folder, "tmp", "uploads", id);
  };
  const unknown = (id: string): WireFailure => new WireFailure("RESOURCE_DOES_NOT_EXIST", `No upload ${id.slice(0, 100)}`);
  const find = async (id: string): Promise<Upload> => {
    const text = await readFile(join(folderOf(id), "upload.json"), "utf8").catch(() => undefined);
    if (text === undefined) throw unknown(id);
    return JSON.parse(text) as Upload;
  };
  const partName = (number: number): string => {
    if (!Number.isInteger(number) || number < 1 || number > mostParts) throw invalid(`A part's number is 1 to ${mostParts}`);
    return `${number}.part`;
  };
  /** The folder is in the address; the message has the client's own path, of which the last name counts. */
  const pathOf = ({ params, input }: WireRequest): string => {
    const name = requiredText(input, "path").split(/[/\\]/).pop() ?? "";
    return safe([params["path"], name].filter(Boolean).join("/"));
  };

  async function create(request: WireRequest): Promise<WireReply> {
    const path = pathOf(request);
    const count = integer(request.input, "num_parts") ?? 1;
    partName(count);
    const id = store.ids.hex();
    await mkdir(folderOf(id), { recursive: true });
    await writeFile(join(folderOf(id), "upload.json"), JSON.stringify({ path }));
    const base = `http://${request.headers.host ?? "127.0.0.1"}/api/2.0/mlflow-artifacts/mpu/parts/${id}`;
    return {
      status: 200,
      json: {
        upload_id: id,
        credentials: Array.from({ length: count }, (_, i) => ({ url: `${base}/${i + 1}`, part_number: i + 1, headers: {} })),
      },
    };
  }

  async function part({ params, bytes }: WireRequest): Promise<WireReply> {
    const id = params["upload"] ?? "";
    await find(id);
    const name = partName(Number(params["number"]));
    const draft = join(folderOf(id), `${store.ids.hex()}.draft`);
    try {
      await pipeline(bytes, createWriteStream(draft, { flags: "wx" }));
      await rename(draft, join(folderOf(id), name));
    } catch (error) {
      await rm(draft, { force: true });
      throw error;
    }
    return { status: 200, headers: { etag: `"${sha256(`${id}/${name}`).slice(0, 32)}"` }, json: {} };
  }

  async function complete(request: WireRequest): Promise<WireReply> {
    const id = requiredText(request.input, "upload_id");
    const upload = await find(id);
    if (upload.path !== pathOf(request)) throw invalid(`Upload ${id} is of another path`);
    const numbers = messages(request.input, "parts").map((one) => integer(one, "part_number") ?? 0);
    if (numbers.length === 0 || new Set(numbers).size < numbers.length) throw invalid("Every part is named once");
    const paths = numbers.sort((a, b) => a - b).map((number) => join(folderOf(id), partName(number)));
    for (const [i, path] of paths.entries())
      if (!(await stat(path).catch(() => undefined))) throw invalid(`Part ${numbers[i]} was not uploaded`);
    async function* whole(): AsyncGenerator<Uint8Array> {
      for (const path of paths) yield* createReadStream(path) as AsyncIterable<Uint8Array>;
    }
    await keep(upload.path, await store.blobs.putStream(whole()), request);
    await rm(folderOf(id), { recursive: true, force: true });
    return { status: 200, json: {} };
  }

  async function abort(request: WireRequest): Promise<WireReply> {
    const id = requiredText(request.input, "upload_id");
    await find(id);
    await rm(folderOf(id), { recursive: true, force: true });
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
    { method: "PUT", path: "/mlflow-artifacts/mpu/parts/{upload}/{number}", capability: "log", takes: "bytes", handle: part },
  ];
}
