import type { IncomingHttpHeaders } from "node:http";
import type { Caller } from "../../../base/foundation/caller.ts";
import { safePath } from "../rules.ts";
import { requiredText, runId, text } from "./fields.ts";
import { invalid, WireFailure } from "./failures.ts";
import { fileHeaders } from "./messages.ts";
import type { WireReply, WireRequest, WireRoute } from "./model.ts";
import type { Surface } from "./surface.ts";

const safe = (path: string): string => {
  const found = safePath(path);
  if (found === undefined) throw invalid("Invalid path");
  return found;
};

/**
 * Artifacts of runs, listed by run and as the `mlflow-artifacts` service, where they are `<experiment>/<run>/artifacts/<path>`.
 * `served` stands below the prefixes of the protocol, `plain` outside of them.
 */
export function artifactRoutes(surface: Surface): { served: WireRoute[]; plain: WireRoute[] } {
  const { tracking, store } = surface;

  /** The run and the path within it that a path of the service means. */
  async function located(path: string, caller: Caller): Promise<{ run: string; path: string }> {
    const [experiment, run, folder, ...rest] = safe(path.replace(/\/+$/, "")).split("/");
    if (!experiment || !run || folder !== "artifacts")
      throw new WireFailure(
        "RESOURCE_DOES_NOT_EXIST",
        `No artifacts at ${path.slice(0, 200)}: they are kept below <experiment>/<run>/artifacts`,
      );
    if ((await surface.run(caller, run)).experimentId !== experiment)
      throw new WireFailure("RESOURCE_DOES_NOT_EXIST", `No artifacts at ${path.slice(0, 200)}`);
    return { run, path: rest.join("/") };
  }

  async function file(run: string, path: string, headers: IncomingHttpHeaders, more: Record<string, string> = {}): Promise<WireReply> {
    const found = await tracking.findArtifact(run, path);
    if (!found) {
      if ((await tracking.listArtifacts(run, path)).length > 0) throw invalid(`${path} is a folder`);
      throw new WireFailure("RESOURCE_DOES_NOT_EXIST", `No artifact ${path.slice(0, 200)}`);
    }
    const all = { ...fileHeaders(path, found.digest), ...more };
    const range = rangeOf(headers.range, found.sizeBytes);
    if (range === "outside") return { status: 416, headers: { "content-range": `bytes */${found.sizeBytes}` }, text: "" };
    if (range) {
      return {
        status: 206,
        headers: {
          ...all,
          "content-length": String(range.end - range.start),
          "content-range": `bytes ${range.start}-${range.end - 1}/${found.sizeBytes}`,
        },
        stream: await store.blobs.stream(found.digest, range),
      };
    }
    return { status: 200, headers: { ...all, "content-length": String(found.sizeBytes) }, stream: await store.blobs.stream(found.digest) };
  }

  const filesBelow = async (run: string, folder: string, nameOf: (path: string) => string) =>
    (await tracking.listArtifacts(run, folder)).map((one) => ({
      path: nameOf(one.path),
      is_dir: one.folder,
      ...(one.sizeBytes !== null && { file_size: one.sizeBytes }),
    }));

  async function put(request: WireRequest): Promise<WireReply> {
    const at = await located(request.params["path"] ?? "", request.caller);
    if (at.path === "") throw invalid("Invalid path");
    const blob = await store.blobs.putStream(request.bytes);
    await tracking.putArtifact(at.run, at.path, blob, request.caller);
    return { status: 200, json: {} };
  }

  const served: WireRoute[] = [
    {
      method: "GET",
      path: "/mlflow/artifacts/list",
      capability: "read",
      takes: "message",
      handle: async ({ input, caller }) => {
        const run = await surface.run(caller, runId(input));
        const folder = text(input, "path") || "";
        const files = await filesBelow(run.id, folder === "" ? "" : safe(folder), (path) => path);
        return { status: 200, json: { root_uri: await surface.artifactUri(run), ...(files.length > 0 && { files }) } };
      },
    },
    {
      method: "GET",
      path: "/mlflow-artifacts/artifacts",
      capability: "read",
      takes: "message",
      handle: async ({ input, caller }) => {
        const path = text(input, "path") || "";
        const at = await located(path, caller);
        const files = await filesBelow(at.run, at.path, (one) => one.split("/").pop() ?? one);
        return { status: 200, json: files.length > 0 ? { files } : {} };
      },
    },
    { method: "PUT", path: "/mlflow-artifacts/artifacts/{path...}", capability: "log", takes: "bytes", handle: put },
    {
      method: "GET",
      path: "/mlflow-artifacts/artifacts/{path...}",
      capability: "read",
      takes: "bytes",
      handle: async ({ params, caller, headers }) => {
        const at = await located(params["path"] ?? "", caller);
        return file(at.run, at.path, headers);
      },
    },
  ];
  const plain: WireRoute[] = [
    {
      method: "GET",
      path: "/get-artifact",
      capability: "read",
      takes: "message",
      handle: async ({ input, caller, headers }) =>
        file((await surface.run(caller, runId(input))).id, safe(requiredText(input, "path")), headers),
    },
    {
      // Shown in pages: bytes that a user brought run nothing and reach nothing.
      method: "GET",
      path: "/api/v1/p/{project}/runs/{run}/files/{path...}",
      capability: "read",
      takes: "bytes",
      handle: async ({ params, caller, headers }) => {
        const run = await surface.run(caller, params["run"] ?? "");
        if (run.project !== params["project"]) throw new WireFailure("RESOURCE_DOES_NOT_EXIST", `No run ${params["run"] ?? ""}`);
        return file(run.id, safe(params["path"] ?? ""), headers, {
          "content-disposition": "inline",
          "content-security-policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; media-src data:",
          "cache-control": "private, no-cache",
        });
      },
    },
  ];
  return { served, plain };
}

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
