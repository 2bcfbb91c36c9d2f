import type { Capability } from "@capstan/contract";
import type { Caller } from "../../../base/foundation/caller.ts";
import { invalid } from "../mlflow/failures.ts";
import type { WireRequest, WireRoute } from "../mlflow/model.ts";
import type { TraceInfo } from "./model.ts";

/** What the groups of routes share. */
export type Method = WireRoute["method"];
export type Answer = (request: WireRequest) => Promise<object>;
const longest = { key: 250, tag: 8000 } as const;

export const cutTags = (tags: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(tags).map(([key, value]) => [tagKey(key), value.slice(0, longest.tag)]));
function tagKey(key: string): string {
  if (key === "" || [...key].length > longest.key || key === "__proto__")
    throw invalid(`Invalid value for parameter 'key' supplied: a tag's key has 1 to ${longest.key} characters.`);
  return key;
}
export function traceId(id: string | undefined): string {
  if (id === undefined || id === "")
    throw invalid("Missing value for required parameter 'trace_id'. See the API docs for more information about request parameters.");
  if (!/^[\w:/.-]{1,200}$/.test(id)) throw invalid(`Invalid trace ID: ${JSON.stringify(id.slice(0, 100))}`);
  return id;
}
export type Route = (version: 2 | 3, method: Method, path: string, capability: Capability, answer: Answer) => WireRoute[];
export type Found = (caller: Caller, id: string) => Promise<TraceInfo>;
