import { createReadStream } from "node:fs";
import { readdir, realpath, stat } from "node:fs/promises";
import { join, sep } from "node:path";
import { fileURLToPath } from "node:url";
import type { Readable } from "node:stream";
import type { Caller } from "../../../base/foundation/caller.ts";
import type { ArtifactEntry } from "../model.ts";
import { entriesBelow } from "../stored-files.ts";
import { WireFailure } from "./failures.ts";
import { safe } from "./safe-path.ts";
import type { Surface } from "./surface.ts";

export type OpenedFile = {
  sizeBytes: number;
  digest: string | undefined;
  stream(range?: { start: number; end: number }): Promise<Readable>;
  /** Where this machine has it as a file, which nobody may write; absent for what is none. */
  path?(): Promise<string>;
};
/** Where artifacts are: `""` is the place itself. Paths given are safe already, paths that come back are relative to the place. */
export type ArtifactPlace = {
  list(folder: string): Promise<ArtifactEntry[]>;
  find(path: string): Promise<OpenedFile | undefined>;
};

/** A path within our artifact service that a URI means: `mlflow-artifacts:` in its forms, or the service's address. */
export function servicePathOf(uri: string): string | undefined {
  const match =
    /^mlflow-artifacts:(?:\/\/[^/]*)?\/*(.*)$/i.exec(uri) ??
    /^https?:\/\/[^/]+\/(?:ajax-)?api\/2\.0\/mlflow-artifacts\/artifacts\/*(.*)$/i.exec(uri);
  return match?.[1]?.replace(/\/+$/, "");
}

const folderOf = (uri: string): string | undefined => {
  try {
    return /^file:/i.test(uri) ? fileURLToPath(uri) : uri.startsWith("/") ? uri : undefined;
  } catch {
    return undefined;
  }
};

/** Where runs of an experiment without a place of its own are. */
const ordinary = /^[0-9]+\/[0-9a-f]{32}\/artifacts$/;

export type Located =
  | { kind: "run"; run: string; path: string }
  | { kind: "file"; path: string }
  /** Of a model version: nobody writes there. */
  | { kind: "version"; place: ArtifactPlace; path: string };

/** The files of a version of a model, if there is such a one. */
export type VersionPlace = (project: string, model: string, number: number) => Promise<ArtifactPlace | undefined>;
const versionsFolder = "model-versions";
/** Where clients find the files of a version that was registered here. */
export const versionLocation = (project: string, model: string, number: number): string =>
  `mlflow-artifacts:/${versionsFolder}/${[project, model].map(encodeURIComponent).join("/")}/${number}`;

/** Places of artifacts: rows of runs, files of the service, and (below the root that the operator named, nowhere else) folders that clients write themselves. */
export function createArtifactPlaces(surface: Surface) {
  const { tracking, store, files } = surface;
  const rootFolder = folderOf(surface.artifactRoot);

  /** The run and the path within it, or the file, that a path of the service means. */
  async function locate(path: string, caller: Caller): Promise<Located> {
    const parts = path.split("/");
    const [first, project = "", model = "", number = "", ...rest] = parts;
    if (first === versionsFolder && /^[1-9][0-9]{0,14}$/.test(number) && surface.sees(caller, project)) {
      const place = await surface.versionPlace?.(project, model, Number(number));
      if (place) return { kind: "version", place, path: rest.join("/") };
    }
    for (let i = 0; i + 1 < parts.length; i++) {
      if (parts[i + 1] !== "artifacts" || !/^[0-9a-f]{32}$/.test(parts[i] ?? "")) continue;
      const run = await tracking.findRun(parts[i] ?? "");
      const [asked, own] = [parts.slice(0, i + 2).join("/"), run && servicePathOf(await surface.artifactUri(run))];
      // A run that was moved is still found where it was, because clients and model versions keep such places.
      if (!run || (own !== asked && !(own !== undefined && ordinary.test(own) && ordinary.test(asked)))) continue;
      if (!surface.sees(caller, run.project)) throw new WireFailure("RESOURCE_DOES_NOT_EXIST", `No artifacts at ${path.slice(0, 200)}`);
      return { kind: "run", run: run.id, path: parts.slice(i + 2).join("/") };
    }
    return { kind: "file", path };
  }

  const blob = (digest: string, sizeBytes: number): OpenedFile => ({
    sizeBytes,
    digest,
    stream: (range) => store.blobs.stream(digest, range),
    path: () => store.blobs.localPath(digest),
  });

  const ofRun = (run: string): ArtifactPlace => ({
    list: (folder) => tracking.listArtifacts(run, folder),
    async find(path) {
      const found = await tracking.findArtifact(run, path);
      return found && blob(found.digest, found.sizeBytes);
    },
  });

  const ofService = (root: string, caller: Caller): ArtifactPlace => {
    const within = (path: string): string => [root, path].filter(Boolean).join("/");
    return {
      async list(folder) {
        const below = (await files.below(within(folder))).filter((one) => surface.sees(caller, one.project));
        const cut = root === "" ? 0 : root.length + 1;
        return entriesBelow(below, within(folder)).map((one) => ({ ...one, path: one.path.slice(cut) }));
      },
      async find(path) {
        const found = await files.find(within(path));
        return found && surface.sees(caller, found.project) ? blob(found.digest, found.sizeBytes) : undefined;
      },
    };
  };

  /** A folder of this machine. What a link leads out to is not there. */
  const ofFolder = (folder: string): ArtifactPlace => {
    const inside = async (path: string): Promise<string | undefined> => {
      const real = await realpath(join(folder, path)).catch(() => undefined);
      const root = await realpath(rootFolder ?? "/").catch(() => undefined);
      return real !== undefined && root !== undefined && (real === root || real.startsWith(root + sep)) ? real : undefined;
    };
    return {
      async list(path) {
        const real = await inside(path);
        if (real === undefined) return [];
        const entries: ArtifactEntry[] = [];
        for (const name of (await readdir(real).catch(() => [])).sort()) {
          const inner = path === "" ? name : `${path}/${name}`;
          const at = await inside(inner);
          const facts = at === undefined ? undefined : await stat(at);
          if (facts?.isDirectory()) entries.push({ path: inner, folder: true, sizeBytes: null, digest: null });
          else if (facts?.isFile()) entries.push({ path: inner, folder: false, sizeBytes: facts.size, digest: null });
        }
        return entries;
      },
      async find(path) {
        const real = await inside(path);
        const facts = real === undefined ? undefined : await stat(real);
        if (real === undefined || !facts?.isFile()) return undefined;
        return {
          sizeBytes: facts.size,
          digest: undefined,
          path: async () => real,
          stream: async (range) => createReadStream(real, range && { start: range.start, end: range.end - 1 }),
        };
      },
    };
  };

  /** Where a URI leads; undefined when its artifacts are not within our reach. */
  async function placeOf(uri: string, caller: Caller): Promise<ArtifactPlace | undefined> {
    const service = servicePathOf(uri);
    if (service !== undefined) {
      const path = service === "" ? "" : safe(service);
      const at = await locate(path, caller);
      if (at.kind === "file") return ofService(path, caller);
      const run = at.kind === "run" ? ofRun(at.run) : at.place;
      if (at.path === "") return run;
      const cut = at.path.length + 1;
      return {
        list: async (folder) =>
          (await run.list([at.path, folder].filter(Boolean).join("/"))).map((one) => ({ ...one, path: one.path.slice(cut) })),
        find: (path) => run.find(`${at.path}/${path}`),
      };
    }
    const folder = folderOf(uri);
    if (folder === undefined || rootFolder === undefined) return undefined;
    // A client may name any location for an experiment: only what lies below the operator's root is shown.
    const root = rootFolder.replace(/\/+$/, "");
    return folder === root || folder.startsWith(root + sep) ? ofFolder(folder) : undefined;
  }

  return {
    locate,
    /** Where to read what a path of the service means. */
    async reading(path: string, caller: Caller): Promise<{ place: ArtifactPlace; path: string }> {
      const at = await locate(path, caller);
      const place = at.kind === "run" ? ofRun(at.run) : at.kind === "version" ? at.place : ofService("", caller);
      return { place, path: at.path };
    },
    ofRun,
    ofService,
    placeOf,
    /** Artifacts of a run: what was put through us, then what its location holds. */
    async runPlace(run: { id: string }, uri: string, caller: Caller): Promise<ArtifactPlace> {
      const rows = ofRun(run.id);
      const other = servicePathOf(uri) === undefined ? await placeOf(uri, caller) : undefined;
      if (!other) return rows;
      return {
        async list(folder) {
          const all = new Map([...(await other.list(folder)), ...(await rows.list(folder))].map((one) => [one.path, one]));
          return [...all.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
        },
        find: async (path) => (await rows.find(path)) ?? other.find(path),
      };
    },
  };
}
export type ArtifactPlaces = ReturnType<typeof createArtifactPlaces>;
