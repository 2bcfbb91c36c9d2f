import { double, integer, text } from "./fields.ts";
import { invalid } from "./failures.ts";
import type { Input } from "./model.ts";
import type { KeyedPoint, ModelMetric } from "../model.ts";

/** Names and sizes that MLflow's server accepts. Longer values of params and tags are cut, as MLflow does unless told otherwise. */

export const longest = { key: 250, param: 6000, tag: 8000, experimentName: 500, runName: 8000 } as const;
const batch = { metrics: 1000, params: 100, tags: 100, all: 1000 } as const;

const nameHint = "Names may only contain alphanumerics, underscores (_), dashes (-), periods (.), spaces ( ), colon(:) and slashes (/).";

/** Names that were found good lately: the same few come with every step of a training loop. */
const good = new Set<string>();

export function key(value: string | undefined, path: string): string {
  if (value !== undefined && good.has(value)) return value;
  if (value === undefined || value === "")
    throw invalid(`Missing value for required parameter '${path}'. See the API docs for more information about request parameters.`);
  if (!/^[/\p{L}\p{N}_.\- :]*$/u.test(value))
    throw invalid(`Invalid value ${JSON.stringify(value)} for parameter '${path}' supplied: ${nameHint}`);
  const parts = value.split("/");
  if (
    value === "." ||
    value === "__proto__" ||
    parts.some((part) => part === "" || part === ".." || part === ".") ||
    value.startsWith("..")
  ) {
    throw invalid(
      `Invalid value ${JSON.stringify(value)} for parameter '${path}' supplied: Names may be treated as files in certain cases, and must not resolve to other names when treated as such. This name would resolve to another one.`,
    );
  }
  if ([...value].length > longest.key) throw invalid(`'${path}' exceeds the maximum length of ${longest.key} characters`);
  if (good.size >= 1000) good.clear();
  good.add(value);
  return value;
}

const cut = (value: string, limit: number): string => (value.length <= limit ? value : [...value].slice(0, limit).join(""));

export function param(one: Input, path = "key"): [string, string] {
  return [key(text(one, "key"), path), cut(text(one, "value") ?? "", longest.param)];
}
export function tag(one: Input, path = "key"): [string, string] {
  return [key(text(one, "key"), path), cut(text(one, "value") ?? "", longest.tag)];
}

export function metric(one: Input, path = ""): KeyedPoint {
  const name = key(text(one, "key") ?? text(one, "name"), `${path}key`);
  const required = (value: number | undefined, field: string): number => {
    if (value === undefined)
      throw invalid(
        `Missing value for required parameter '${path}${field}'. See the API docs for more information about request parameters.`,
      );
    return value;
  };
  const value = required(double(one, "value"), "value");
  const timeMs = required(integer(one, "timestamp"), "timestamp");
  if (timeMs < 0)
    throw invalid(
      `Invalid value ${timeMs} for parameter '${path}timestamp' supplied: Timestamp must be a non-negative long (64-bit integer).`,
    );
  return { key: name, value, timeMs, step: integer(one, "step") ?? 0 };
}

/** A metric of a run that is one of a logged model, too. */
export function modelMetric(one: Input, point: KeyedPoint | undefined): ModelMetric[] {
  const modelId = text(one, "model_id");
  if (!modelId || !point) return [];
  const name = text(one, "dataset_name");
  return [{ ...point, modelId, dataset: name ? { name, digest: text(one, "dataset_digest") ?? "" } : null }];
}

export function batchLimits(counts: { metrics: number; params: number; tags: number }): void {
  for (const part of ["metrics", "params", "tags"] as const) {
    if (counts[part] > batch[part])
      throw invalid(
        `A batch logging request can contain at most ${batch[part]} ${part}. Got ${counts[part]} ${part}. Please split up ${part} across multiple requests and try again.`,
      );
  }
  const all = counts.metrics + counts.params + counts.tags;
  if (all > batch.all)
    throw invalid(
      `A batch logging request can contain at most ${batch.all} params, tags, and metrics. Got ${all}. Please split up across multiple requests and try again.`,
    );
}
