import { AsyncLocalStorage } from "node:async_hooks";
import { type Context, isSpanContextValid, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { BatchSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";
import type { Tracing } from "./tracing.ts";

/** For one delivery, its repetitions included: nobody waits for a collector. */
const giveUpMs = 2_000;

/** Sends spans to an OpenTelemetry collector over OTLP/HTTP. `endpoint` is its base address, or the full one where traces alone go (`…/v1/traces`). */
export function openOtlpTracing({ endpoint, service, version }: { endpoint: string; service: string; version: string }): Tracing {
  const base = endpoint.replace(/\/+$/, "");
  const exporter = new OTLPTraceExporter({ url: base.endsWith("/v1/traces") ? base : `${base}/v1/traces`, timeoutMillis: giveUpMs });
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ "service.name": service, "service.version": version }),
    spanProcessors: [new BatchSpanProcessor({ exporter })],
  });
  const tracer = provider.getTracer("capstan", version);
  const around = new AsyncLocalStorage<Context>();

  return {
    enabled: true,
    async span(name, attributes, work, parent) {
      const outer = parent === undefined ? (around.getStore() ?? ROOT_CONTEXT) : contextOf(parent);
      const span = tracer.startSpan(name, { attributes, kind: parent === undefined ? SpanKind.INTERNAL : SpanKind.SERVER }, outer);
      try {
        const inner = { set: (more: typeof attributes) => void span.setAttributes(more), rename: (to: string) => void span.updateName(to) };
        return await around.run(trace.setSpan(outer, span), () => work(inner));
      } catch (error) {
        span.setStatus({ code: SpanStatusCode.ERROR, message: error instanceof Error ? error.message : String(error) });
        if (error instanceof Error && "code" in error) span.setAttribute("error.type", String(error.code));
        throw error;
      } finally {
        span.end();
      }
    },
    current() {
      const context = trace.getSpanContext(around.getStore() ?? ROOT_CONTEXT);
      return context && `00-${context.traceId}-${context.spanId}-0${context.traceFlags & 1}`;
    },
    async close() {
      await Promise.race([provider.shutdown().catch(() => undefined), new Promise((resolve) => setTimeout(resolve, giveUpMs).unref())]);
    },
  };
}

/** W3C trace context: `00-<32 hex>-<16 hex>-<2 hex>`; anything else begins a new trace. */
function contextOf(parent: string): Context {
  const [, traceId = "", spanId = "", flags = "00"] = /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})/.exec(parent) ?? [];
  const context = { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & 1, isRemote: true };
  return isSpanContextValid(context) ? trace.setSpanContext(ROOT_CONTEXT, context) : ROOT_CONTEXT;
}
