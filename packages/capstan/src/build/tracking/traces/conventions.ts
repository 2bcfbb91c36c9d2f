import type { Json } from "../../../base/foundation/canonical-json.ts";
import type { KeyValue, SentSpan, Span, Usage } from "./model.ts";
import { attributeOf, plain, valued } from "./values.ts";

/** How instrumentations other than MLflow's name what MLflow shows of a span. Of several, the first in this order counts. */
type Convention = {
  kind?: { key: string; types: Readonly<Record<string, string>> };
  inputs: readonly (string | RegExp)[];
  outputs: readonly (string | RegExp)[];
  inputTokens?: string;
  outputTokens?: string;
  totalTokens?: string;
  cacheRead?: string;
  cacheCreation?: string;
  model?: readonly string[];
  provider?: string;
};
const same = (names: readonly string[]): Record<string, string> => Object.fromEntries(names.map((one) => [one, one]));
const upper = (names: readonly string[]): Record<string, string> => Object.fromEntries(names.map((one) => [one, one.toUpperCase()]));

const conventions: readonly Convention[] = [
  // OpenInference
  {
    kind: {
      key: "openinference.span.kind",
      types: same(["TOOL", "CHAIN", "LLM", "RETRIEVER", "EMBEDDING", "AGENT", "RERANKER", "UNKNOWN", "GUARDRAIL", "EVALUATOR"]),
    },
    inputs: ["input.value"],
    outputs: ["output.value"],
    inputTokens: "llm.token_count.prompt",
    outputTokens: "llm.token_count.completion",
    totalTokens: "llm.token_count.total",
    model: ["llm.model_name", "embedding.model_name"],
    provider: "llm.provider",
  },
  // OpenTelemetry's own, for generative AI
  {
    kind: {
      key: "gen_ai.operation.name",
      types: {
        chat: "CHAT_MODEL",
        create_agent: "AGENT",
        embeddings: "EMBEDDING",
        execute_tool: "TOOL",
        generate_content: "LLM",
        invoke_agent: "AGENT",
        text_completion: "LLM",
        response: "LLM",
      },
    },
    inputs: ["gen_ai.input.messages", "gen_ai.tool.call.arguments"],
    outputs: ["gen_ai.output.messages", "gen_ai.tool.call.result"],
    inputTokens: "gen_ai.usage.input_tokens",
    outputTokens: "gen_ai.usage.output_tokens",
    cacheRead: "gen_ai.usage.cache_read.input_tokens",
    cacheCreation: "gen_ai.usage.cache_creation.input_tokens",
    model: ["gen_ai.response.model", "gen_ai.request.model"],
    provider: "gen_ai.provider.name",
  },
  // Traceloop
  {
    kind: { key: "traceloop.span.kind", types: upper(["workflow", "task", "agent", "tool", "unknown"]) },
    inputs: ["traceloop.entity.input", /^gen_ai\.prompt\.[0-9]+\.content/, /^gen_ai\.completion\.[0-9]+\.tool_calls\.[0-9]+\.arguments/],
    outputs: ["traceloop.entity.output", /^gen_ai\.completion\.[0-9]+\.content/],
    inputTokens: "gen_ai.usage.prompt_tokens",
    outputTokens: "gen_ai.usage.completion_tokens",
    totalTokens: "llm.usage.total_tokens",
    provider: "gen_ai.system",
  },
];

const filled = (value: Json | undefined): boolean => value !== undefined && value !== null && value !== "";
const lookUp = (attributes: readonly KeyValue[], keys: readonly (string | RegExp)[]): Json | undefined => {
  for (const key of keys) {
    const found = attributes.find((one) => (typeof key === "string" ? one.key === key : key.test(one.key)) && filled(plain(one.value)));
    if (found) return plain(found.value);
  }
  return undefined;
};
const count = (value: Json | undefined): number | undefined => {
  const number = typeof value === "number" ? value : typeof value === "string" && /^[0-9]{1,15}$/.test(value) ? Number(value) : NaN;
  return Number.isSafeInteger(number) ? number : undefined;
};

function usageOf(attributes: readonly KeyValue[]): Usage | undefined {
  for (const one of conventions) {
    const read = (key: string | undefined): number | undefined => (key === undefined ? undefined : count(attributeOf(attributes, key)));
    const [input, output, stated] = [read(one.inputTokens), read(one.outputTokens), read(one.totalTokens)];
    const total = stated ?? (input !== undefined && output !== undefined ? input + output : undefined);
    if (input === undefined && output === undefined && total === undefined) continue;
    const [cacheRead, cacheCreation] = [read(one.cacheRead), read(one.cacheCreation)];
    return {
      ...(input !== undefined && { input_tokens: input }),
      ...(output !== undefined && { output_tokens: output }),
      ...(total !== undefined && { total_tokens: total }),
      ...(cacheRead !== undefined && { cache_read_input_tokens: cacheRead }),
      ...(cacheCreation !== undefined && { cache_creation_input_tokens: cacheCreation }),
    };
  }
  return undefined;
}

/** Services of which the name is worth seeing at the root of their traces. */
const shownServices = new Set(["codex_cli_rs", "gemini-cli", "qwen-code"]);

export const traceIdOf = (span: Span): string => {
  const stated = attributeOf(span.attributes, "mlflow.traceRequestId");
  return typeof stated === "string" && /^[\w:/.-]{1,200}$/.test(stated) ? stated : `tr-${span.traceId}`;
};

/** A sent span with what MLflow's clients look for, added where it is missing; what came is kept. */
export function conventional({ span, service }: SentSpan): Span {
  const attributes = [...span.attributes];
  const has = (key: string): boolean => attributes.some((one) => one.key === key);
  const add = (key: string, value: Json | undefined): void => {
    if (value !== undefined && !has(key)) attributes.push({ key, value: valued(value) });
  };
  add("mlflow.traceRequestId", `tr-${span.traceId}`);
  const type = conventions
    .map((one) => one.kind && one.kind.types[String(attributeOf(attributes, one.kind.key) ?? "")])
    .find((one) => one !== undefined);
  const known = attributeOf(attributes, "mlflow.spanType");
  if (type !== undefined && (known === undefined || known === null || known === "UNKNOWN")) {
    const at = attributes.findIndex((one) => one.key === "mlflow.spanType");
    if (at >= 0) attributes.splice(at, 1);
    add("mlflow.spanType", type);
  }
  for (const one of conventions) {
    add("mlflow.spanInputs", lookUp(attributes, one.inputs));
    add("mlflow.spanOutputs", lookUp(attributes, one.outputs));
    if (one.model) add("mlflow.llm.model", lookUp(attributes, one.model));
    if (one.provider) add("mlflow.llm.provider", lookUp(attributes, [one.provider]));
  }
  add("mlflow.chat.tokenUsage", usageOf(attributes));
  if (span.parentId === null && service !== null && shownServices.has(service)) add("service.name", service);
  return { ...span, attributes };
}
