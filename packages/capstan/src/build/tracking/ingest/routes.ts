import type { IncomingMessage, ServerResponse } from "node:http";
import type { Capability } from "@capstan/contract";
import { streamName } from "@capstan/contract/operations/tracking";
import type { Caller } from "../../../base/foundation/caller.ts";
import { CapstanError } from "../../../base/foundation/errors.ts";
import type { Store } from "../../../base/record/store.ts";
import type { TrackingService } from "../service.ts";
import { createFollowing } from "./follow.ts";
import { takeStream } from "./stream.ts";

type Context = { params: Record<string, string>; url: URL; caller: Caller; admitted(): Promise<unknown> };
type Route = {
  method: string;
  path: string;
  capability: Capability;
  handle(request: IncomingMessage, response: ServerResponse, context: Context): Promise<void>;
};

/** Points of a run as a stream of lines, and what comes told as it comes. Where the stream is, is the operation `runs.stream`. */
export function ingestRoutes(tracking: TrackingService, store: Store): Route[] {
  const following = createFollowing(store, tracking);

  /** One of another project is as good as none. */
  async function mustBeOf(project: string, run: string): Promise<void> {
    if ((await tracking.projectOf(run)) !== project) throw new CapstanError("CAP-NOT-FOUND-001", { noun: "run", name: run });
  }

  async function take(request: IncomingMessage, response: ServerResponse, { params, url, caller }: Context): Promise<void> {
    const runId = params["run"] ?? "";
    const type = (request.headers["content-type"] ?? "").split(";")[0]?.trim().toLowerCase();
    if (type !== "application/x-ndjson")
      throw new CapstanError("CAP-REQUEST-004", { expected: "application/x-ndjson", actual: type || "nothing" });
    await mustBeOf(params["project"] ?? "", runId);
    const stream = streamName.safeParse(url.searchParams.get("stream"));
    if (!stream.success)
      throw new CapstanError("CAP-TRACK-002", { what: "stream", problem: "it is 1 to 100 letters, digits, dots, dashes and underscores" });
    const offset = url.searchParams.get("offset") ?? "0";
    if (!/^[0-9]{1,15}$/.test(offset))
      throw new CapstanError("CAP-TRACK-002", { what: "offset", problem: "it is the number of the first line sent, from 0" });
    const say = (line: object): void => {
      if (!response.headersSent) response.writeHead(200, { "content-type": "application/x-ndjson", "cache-control": "no-store" });
      response.write(`${JSON.stringify(line)}\n`);
    };
    const { durable, error } = await takeStream(
      tracking,
      { runId, stream: stream.data, offset: Number(offset), caller },
      request as AsyncIterable<Uint8Array>,
      () => store.clock.nowMs(),
      // Said while more comes; a request that is whole is answered at once, with its end.
      (lines) => !request.complete && !request.destroyed && say({ durable: lines }),
    );
    if (!error) {
      say({ durable, done: true });
    } else if (response.headersSent) say({ durable, error: error.body() });
    else {
      // The rest is not read: nobody may take it for the next request.
      if (!request.complete) response.setHeader("connection", "close");
      response.writeHead(error.status, { "content-type": "application/x-ndjson", "cache-control": "no-store" });
      say({ durable, error: error.body() });
    }
    response.end();
  }

  return [
    { method: "POST", path: "/api/v1/p/{project}/runs/{run}/metrics", capability: "log", handle: take },
    {
      method: "GET",
      path: "/api/v1/p/{project}/runs/{run}/metrics/live",
      capability: "read",
      async handle(request, response, { params, admitted }) {
        await mustBeOf(params["project"] ?? "", params["run"] ?? "");
        const last = request.headers["last-event-id"];
        const after = typeof last === "string" && /^[0-9]{1,15}$/.test(last) ? Number(last) : undefined;
        await following.open(response, params["run"] ?? "", after, admitted);
      },
    },
  ];
}
