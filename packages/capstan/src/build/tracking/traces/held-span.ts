import { type Span, type Usage, usageKeys } from "./model.ts";
import { attributeOf } from "./values.ts";

function usageOf(span: Span): Usage {
  const stated = attributeOf(span.attributes, "mlflow.chat.tokenUsage");
  if (typeof stated !== "object" || stated === null || Array.isArray(stated)) return {};
  const of = stated as Record<string, unknown>;
  return Object.fromEntries(usageKeys.flatMap((key) => (Number.isSafeInteger(of[key]) ? [[key, of[key]]] : [])));
}

/** A span with what its row says beside its content. */
export function heldSpan(trace: string, span: Span): { trace: string; span: Span; type: string | null; usage: Usage } {
  const type = attributeOf(span.attributes, "mlflow.spanType");
  return { trace, span, type: typeof type === "string" ? type : null, usage: usageOf(span) };
}
