import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Caller } from "../base/foundation/caller.ts";
import { mounted, unknownBelow, fail } from "../build/tracking/mlflow/mount.ts";
import type { WireRoute } from "../build/tracking/mlflow/model.ts";
import { urlOf } from "../face/http/request-url.ts";
import { addPath, emptyTree, findPath } from "../face/http/paths.ts";

/** A bare HTTP server over a list of routes, without the gate: every request comes from `callerOf` its token. */
export async function openMlflowServer(
  routes: readonly WireRoute[],
  callerOf: (token: string | undefined) => Caller,
  port = 0,
): Promise<{ url: string; port: number; close(): Promise<void> }> {
  const tree = emptyTree<ReturnType<typeof mounted>>();
  for (const route of routes) addPath(tree, route.method, route.path, mounted(route));
  const server: Server = createServer((request, response) => {
    const caller = callerOf(/^Bearer (.+)$/.exec(request.headers.authorization ?? "")?.[1]);
    let found: ReturnType<typeof findPath<ReturnType<typeof mounted>>>;
    let url: URL;
    try {
      url = urlOf(request);
      found = findPath(tree, request.method ?? "GET", url.pathname);
    } catch (error) {
      request.resume();
      return fail(error, response);
    }
    if (found)
      return void found.value
        .handle(request, response, { params: found.params, url, caller })
        .catch((error: unknown) => fail(error, response));
    const unknown = unknownBelow.find((one) => url.pathname.startsWith(`${one.prefix}/`));
    if (unknown) unknown.answer(response, url.pathname);
    else response.writeHead(404).end();
    request.resume();
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  const bound = (server.address() as AddressInfo).port;
  return {
    url: `http://127.0.0.1:${bound}`,
    port: bound,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
