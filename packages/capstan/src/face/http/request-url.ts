import type { IncomingMessage } from "node:http";
import { CapstanError } from "../../base/foundation/errors.ts";

/** A segment that would be resolved away, in any spelling that a parser of URLs takes for it, or a backslash, which it takes for a slash. */
const resolved = /\\|(^|\/)(\.|%2e){1,2}(\/|$)/i;

/** What a request asks for. A path that a parser would make another one of is refused: clients that mean well have resolved it. */
export function urlOf(request: Pick<IncomingMessage, "url">): URL {
  const text = request.url ?? "/";
  // A proxy's absolute form or `//host` must not name another host than the header that the gate looks at. Clients whose server ends in a slash double it before a path of theirs.
  const path = text.replace(/^\/\/+(?=(ajax-)?api\/|model-versions\/|get-artifact\?)/, "/");
  const plain = path.startsWith("/") && !path.startsWith("//") && !resolved.test(path.split(/[?#]/, 1)[0] ?? "");
  const url = plain ? URL.parse(path, "http://localhost") : null;
  if (url) return url;
  throw new CapstanError("CAP-REQUEST-002", { path: text.slice(0, 200) });
}
