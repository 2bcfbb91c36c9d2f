import { createArtifactFolder } from "./artifact-folder.ts";
import { contentTypeOf } from "../content-type.ts";
import { bodyPieces } from "./body-pieces.ts";
import { createArtifactPlaces } from "./artifact-places.ts";
import { requiredText, runId, text } from "./fields.ts";
import { invalid, missing, WireFailure } from "./failures.ts";
import { filesOf, fileReply } from "./file-reply.ts";
import type { WireReply, WireRequest, WireRoute } from "./model.ts";
import { authorizationOf, ownAddress } from "./own-address.ts";
import { safe } from "./safe-path.ts";
import { shownHeaders } from "./shown-file.ts";
import type { Surface } from "./surface.ts";
import { uploadRoutes } from "./uploads.ts";

/** A page may send this much as one artifact. */
const largestPageBytes = 10 << 20;
/** How long an address of the object store is good. */
const presignedSeconds = 300;
const baseName = (path: string): string => path.split("/").pop() ?? path;

/**
 * Artifacts: of runs, of logged models, and as the `mlflow-artifacts` service, where a run's are below its artifact URI and anything else is a file of its own.
 * `served` stands below the prefixes of the protocol, `plain` outside of them.
 */
export function artifactRoutes(surface: Surface): { served: WireRoute[]; plain: WireRoute[] } {
  const { tracking, store, files } = surface;
  const places = createArtifactPlaces(surface);
  const folder = createArtifactFolder(surface.artifactsDestination, store);

  /** What a path means where a client puts something. */
  async function writable(path: string, { caller }: Pick<WireRequest, "caller">) {
    const at = await places.locate(path, caller);
    if (at.kind === "version") throw invalid(`${path.slice(0, 200)} belongs to a model version, which is not changed`);
    if (at.kind === "run" && at.path === "") throw invalid("Invalid path");
    return at;
  }

  /** Names bytes that the store has, where a path of the service says. */
  async function keep(path: string, blob: { digest: string; sizeBytes: number }, request: Pick<WireRequest, "caller">): Promise<void> {
    const at = await writable(path, request);
    if (at.kind === "run") {
      await tracking.putArtifact(at.run, at.path, blob, request.caller);
    } else await files.put(await surface.project(request.caller), at.path, blob);
    await folder.put(path, blob.digest);
  }

  const uploads = uploadRoutes(surface, {
    keep,
    check: async (path, request) => void (await writable(path, request)),
  });

  async function put(request: WireRequest): Promise<WireReply> {
    const path = safe(request.params["path"] ?? "");
    await keep(path, await store.blobs.putStream(bodyPieces(request.bytes)), request);
    return { status: 200, json: {} };
  }

  async function remove({ params, caller }: WireRequest): Promise<WireReply> {
    const path = safe(params["path"] ?? "");
    const at = await places.locate(path, caller);
    if (at.kind === "version") throw invalid(`${path.slice(0, 200)} belongs to a model version, which is not changed`);
    if (at.kind === "run") await tracking.removeArtifacts(at.run, at.path, caller);
    else await files.remove(path, caller.projects);
    await folder.remove(path);
    return { status: 200, json: {} };
  }

  async function ofRun(id: string, { caller }: Pick<WireRequest, "caller">) {
    const run = await surface.run(caller, id);
    const uri = await surface.artifactUri(run);
    return { run, uri, place: await places.runPlace(run, uri, caller) };
  }
  async function ofModel({ params, caller }: WireRequest) {
    const model = await tracking.loggedModels.get(params["model_id"] ?? "");
    if (!surface.sees(caller, model.project)) throw missing("logged model", model.id);
    const place = await places.placeOf(model.artifactLocation, caller);
    if (!place) throw invalid(`Artifacts at ${model.artifactLocation.slice(0, 200)} are out of this server's reach`);
    return { uri: model.artifactLocation, place };
  }

  /** Raw bytes from a page. */
  async function upload(request: WireRequest): Promise<WireReply> {
    const id = request.query.get("run_uuid") ?? request.query.get("run_id");
    const path = request.query.get("path");
    if (!id) throw invalid("Request must specify run_uuid.");
    if (!path) throw invalid("Request must specify path.");
    const name = safe(path);
    const run = await surface.run(request.caller, id);
    const pieces: Buffer[] = [];
    let sizeBytes = 0;
    for await (const piece of bodyPieces(request.bytes)) {
      sizeBytes += piece.length;
      if (sizeBytes > largestPageBytes) throw invalid(`Artifact size is too large. Max size is ${largestPageBytes >> 20}MB.`);
      pieces.push(piece);
    }
    if (sizeBytes === 0) throw invalid("Request must specify data.");
    await tracking.putArtifact(run.id, name, await store.blobs.putBytes(Buffer.concat(pieces)), request.caller);
    return { status: 200, json: {} };
  }

  const served: WireRoute[] = [
    {
      method: "GET",
      path: "/mlflow/artifacts/list",
      capability: "read",
      takes: "message",
      handle: async (request) => {
        const { uri, place } = await ofRun(runId(request.input), request);
        const asked = text(request.input, "path") || "";
        const found = filesOf(await place.list(asked === "" ? "" : safe(asked)));
        return { status: 200, json: { root_uri: uri, ...(found.length > 0 && { files: found }) } };
      },
    },
    {
      method: "GET",
      path: "/mlflow/logged-models/{model_id}/artifacts/directories",
      capability: "read",
      takes: "message",
      handle: async (request) => {
        const { uri, place } = await ofModel(request);
        const asked = text(request.input, "artifact_directory_path") || "";
        const found = filesOf(await place.list(asked === "" ? "" : safe(asked)));
        return { status: 200, json: { root_uri: uri, ...(found.length > 0 && { files: found }) } };
      },
    },
    {
      method: "GET",
      path: "/mlflow/logged-models/{model_id}/artifacts/files",
      capability: "read",
      takes: "message",
      handle: async (request) =>
        fileReply((await ofModel(request)).place, safe(requiredText(request.input, "artifact_file_path")), request.headers),
    },
    { method: "POST", path: "/mlflow/upload-artifact", capability: "log", takes: "bytes", handle: upload },
    {
      method: "GET",
      path: "/mlflow-artifacts/artifacts",
      capability: "read",
      takes: "message",
      handle: async ({ input, caller }) => {
        const asked = text(input, "path") || "";
        const at =
          asked === "" ? { place: places.ofService("", caller), path: "" } : await places.reading(safe(asked.replace(/\/+$/, "")), caller);
        const found = filesOf(await at.place.list(at.path), baseName);
        return { status: 200, json: found.length > 0 ? { files: found } : {} };
      },
    },
    { method: "PUT", path: "/mlflow-artifacts/artifacts/{path...}", capability: "log", takes: "bytes", handle: put },
    { method: "DELETE", path: "/mlflow-artifacts/artifacts/{path...}", capability: "log", takes: "bytes", handle: remove },
    {
      method: "GET",
      path: "/mlflow-artifacts/artifacts/{path...}",
      capability: "read",
      takes: "bytes",
      handle: async ({ params, caller, headers }) => {
        const at = await places.reading(safe(params["path"] ?? ""), caller);
        return fileReply(at.place, at.path, headers);
      },
    },
    {
      // An address that answers ranges without the client's token: of the object store where that has one, else ours.
      method: "GET",
      path: "/mlflow-artifacts/presigned/{path...}",
      capability: "read",
      takes: "bytes",
      handle: async (request) => {
        const path = safe(request.params["path"] ?? "");
        const at = await places.reading(path, request.caller);
        const found = await at.place.find(at.path);
        if (!found) throw new WireFailure("RESOURCE_DOES_NOT_EXIST", `No artifact ${path.slice(0, 200)}`);
        const direct = found.digest === undefined ? undefined : store.blobs.direct;
        const json = direct
          ? {
              url: await direct.readAddress(found.digest ?? "", {
                seconds: presignedSeconds,
                fileName: baseName(path),
                contentType: contentTypeOf(path).split(";")[0] ?? "",
              }),
              headers: {},
            }
          : {
              url: `${ownAddress(request)}/api/2.0/mlflow-artifacts/artifacts/${path.split("/").map(encodeURIComponent).join("/")}`,
              headers: authorizationOf(request),
            };
        return { status: 200, json: { ...json, file_size: found.sizeBytes } };
      },
    },
    ...uploads,
  ];
  const plain: WireRoute[] = [
    {
      method: "GET",
      path: "/get-artifact",
      capability: "read",
      takes: "message",
      handle: async (request) => {
        const { place } = await ofRun(runId(request.input), request);
        return fileReply(place, safe(requiredText(request.input, "path")), request.headers);
      },
    },
    {
      // Shown in pages: bytes that a user brought run nothing and reach nothing.
      method: "GET",
      path: "/api/v1/p/{project}/runs/{run}/files/{path...}",
      capability: "read",
      takes: "bytes",
      handle: async (request) => {
        const { run, place } = await ofRun(request.params["run"] ?? "", request);
        if (run.project !== request.params["project"])
          throw new WireFailure("RESOURCE_DOES_NOT_EXIST", `No run ${request.params["run"] ?? ""}`);
        const path = safe(request.params["path"] ?? "");
        return fileReply(place, path, request.headers, shownHeaders(path, request.query.has("download")));
      },
    },
  ];
  return { served, plain };
}
