import { resolve, posix } from "node:path";
import { fileURLToPath } from "node:url";
import type { Caller } from "../../../base/foundation/caller.ts";
import { type ArtifactPlace, servicePathOf } from "../../tracking/mlflow/artifact-places.ts";
import { invalid, WireFailure } from "../../tracking/mlflow/failures.ts";
import { safePath } from "../../tracking/rules.ts";
import type { ModelFile } from "../model.ts";
import type { RegistrySurface } from "./model.ts";

const schemeOf = (uri: string): string => /^([a-zA-Z][a-zA-Z0-9+.-]*):/.exec(uri)?.[1]?.toLowerCase() ?? "";

/** Whether a URI means a path of some machine's file system; `file:` with another host means nothing. */
export function isLocal(uri: string): boolean {
  const scheme = schemeOf(uri);
  if (scheme === "") return true;
  if (scheme !== "file") return false;
  const host = /^file:\/\/([^/?#]*)/i.exec(uri)?.[1] ?? "";
  if (host !== "" && host !== "." && !/^(localhost|127\.0\.0\.1)/i.test(host))
    throw new WireFailure("INTERNAL_ERROR", `${uri.slice(0, 300)} is not a valid remote uri.`, { mistaken: true });
  return true;
}

/** `value` decoded until it says itself, `+` as space as forms do. */
function decoded(value: string): string {
  let now = value;
  for (let i = 0; i < 20; i++) {
    let next: string;
    try {
      next = decodeURIComponent(now.replaceAll("+", " "));
    } catch {
      return now;
    }
    if (next === now) return now;
    now = next;
  }
  throw invalid("Invalid model version source: it is encoded too often.");
}

/** Refuses what could mean another place than it says: `..` in any encoding, NUL, a path that is not its own normal form. */
export function refuseTricks(source: string): void {
  const plain = decoded(source);
  const path = (schemeOf(plain) === "" ? plain : plain.replace(/^[^:]*:(\/\/[^/]*)?/, ""))
    .replace(/[?#].*$/s, "")
    .replace(/\/+/g, "/")
    .replace(/\/$/, "");
  const wrong = plain.includes("\0") || plain.split(/[/\\]/).includes("..") || (path !== "" && posix.normalize(path) !== path);
  if (wrong)
    throw invalid(
      `Invalid model version source: '${source.slice(0, 300)}'. If supplying a source as an http, https, local file path, ftp, objectstore, or mlflow-artifacts uri, an absolute path must be provided without relative path references present. Please provide an absolute path.`,
    );
}

function localPath(uri: string): string {
  if (schemeOf(uri) !== "file") return resolve(uri);
  try {
    return resolve(fileURLToPath(uri.replace(/^file:\/\/(localhost|127\.0\.0\.1|\.)[^/]*/i, "file://")));
  } catch {
    throw invalid(`Invalid model version source: '${uri.slice(0, 300)}'`);
  }
}

/** A local source must lie in the artifacts of the run or logged model that the request names. */
export function refuseOutside(source: string, home: string | undefined, named: "run_id" | "model_id"): void {
  if (home !== undefined && isLocal(home)) {
    const [inner, outer] = [localPath(source), localPath(home)];
    if (inner === outer || inner.startsWith(`${outer}/`)) return;
  }
  throw invalid(
    `Invalid model version source: '${source.slice(0, 300)}'. To use a local path as a model version source, the ${named} request parameter has to be specified and the local path has to be contained within the artifact directory of the ${named === "run_id" ? "run" : "model"} specified by the ${named}.`,
  );
}

/** What a `models:/` source names: a logged model, or a version by number or alias. */
export function modelUri(source: string): { loggedModel: string } | { model: string; ref: string } | undefined {
  const rest = /^models:\/+([^?#]+)$/.exec(source)?.[1]?.replace(/\/+$/, "");
  if (rest === undefined) return undefined;
  const [name = "", version, ...more] = rest.split("/");
  if (more.length > 0) return undefined;
  if (version !== undefined) return { model: name, ref: version };
  const at = name.lastIndexOf("@");
  return at > 0 ? { model: name.slice(0, at), ref: name.slice(at + 1) } : { loggedModel: name };
}

/** More files than this are no model. */
const mostFiles = 10_000;

/** Files below a location that the store keeps, their paths relative to it; none when it lies elsewhere or the caller may not see it. */
export async function filesAt({ surface, places }: RegistrySurface, caller: Caller, location: string): Promise<ModelFile[]> {
  const ofRun = /^runs:\/+([^/?#]+)\/?([^?#]*)$/.exec(location);
  let place: ArtifactPlace | undefined;
  let root = "";
  if (ofRun) {
    const run = await surface.tracking.findRun(ofRun[1] ?? "");
    if (!run || !surface.sees(caller, run.project)) return [];
    place = places.ofRun(run.id);
    root = (ofRun[2] ?? "").replace(/\/+$/, "");
  } else {
    const path = servicePathOf(location)?.replace(/\/+/g, "/");
    // What the service could not keep is not there.
    if (path !== undefined && safePath(path) !== undefined) place = await places.placeOf(`mlflow-artifacts:/${path}`, caller);
  }
  if (!place) return [];
  const files: ModelFile[] = [];
  const folders = [root];
  for (const folder of folders) {
    for (const one of await place.list(folder)) {
      if (one.folder) folders.push(one.path);
      else if (one.digest !== null)
        files.push({ path: root === "" ? one.path : one.path.slice(root.length + 1), digest: one.digest, sizeBytes: one.sizeBytes ?? 0 });
    }
    if (files.length + folders.length > mostFiles) throw invalid(`Invalid model version source: it has more than ${mostFiles} files.`);
  }
  return files;
}
