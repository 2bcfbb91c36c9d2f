import { createReadStream, existsSync } from "node:fs";
import { readdir, readFile, rename, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { Readable } from "node:stream";
import type { Caller } from "../../../base/foundation/caller.ts";
import { toFailure } from "./failures.ts";
import type { WireRoute } from "./model.ts";

type Spooled = { post: string; body: Record<string, unknown> } | { put: string; file: string };

const taken = ["runs/create", "runs/log-batch", "runs/update"].map((name) => `api/2.0/mlflow/${name}`);
const artifacts = "api/2.0/mlflow-artifacts/artifacts/";

/**
 * Takes what a step's clients laid aside while no host was there: request by request through the same routes, as the step would have asked. How far it is stands beside each
 * spool, so that nothing is lost and at most one request repeated, wherever this is cut off. Gives the refusals, in the words that the client would have heard.
 */
export function createSpooledRequests(routes: readonly WireRoute[]) {
  const routeOf = (method: string, path: string): WireRoute => {
    const found = routes.find((one) => one.method === method && one.path === `/${path}`);
    if (!found) throw new Error(`a spool asks for ${path}`);
    return found;
  };

  async function ask(folder: string, request: Spooled, caller: Caller): Promise<void> {
    const common = { query: new URLSearchParams(), headers: {}, caller };
    if ("post" in request) {
      const path = taken.find((one) => one === request.post) ?? "an operation that no client lays aside";
      await routeOf("POST", path).handle({ ...common, params: {}, input: request.body, bytes: Readable.from([]) });
      return;
    }
    const file = join(folder, basename(request.file));
    // Its bytes go with the request that was taken: a repeat finds nothing to do.
    if (!existsSync(file)) return;
    const path = request.put.slice(artifacts.length).split("/").map(decodeURIComponent).join("/");
    const bytes = createReadStream(file);
    try {
      await routeOf("PUT", `${artifacts}{path...}`).handle({ ...common, params: { path }, input: {}, bytes });
    } finally {
      bytes.destroy();
    }
  }

  return async function take(folder: string, caller: Caller): Promise<{ requests: number; refusals: string[] }> {
    const refusals: string[] = [];
    let requests = 0;
    const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith(".jsonl")).sort();
    for (const name of names) {
      const bytes = await readFile(join(folder, name));
      const note = join(folder, name.replace(/jsonl$/, "sent"));
      const sent = Number(await readFile(note, "utf8").catch(() => "0"));
      for (let start = sent, end = bytes.indexOf(10, start); end >= 0; start = end + 1, end = bytes.indexOf(10, start)) {
        try {
          await ask(folder, JSON.parse(bytes.toString("utf8", start, end)) as Spooled, caller);
        } catch (thrown) {
          const failure = toFailure(thrown);
          if (failure.code === "TEMPORARILY_UNAVAILABLE") throw thrown;
          refusals.push(failure.message);
        }
        requests++;
        await writeFile(`${note}.tmp`, String(end + 1));
        await rename(`${note}.tmp`, note);
      }
    }
    return { requests, refusals };
  };
}
