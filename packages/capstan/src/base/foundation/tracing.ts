/** Attributes of a span; no secrets and no personal data. */
export type SpanAttributes = Record<string, string | number | boolean>;

/** One piece of work as a collector will see it. */
export type Span = {
  set(attributes: SpanAttributes): void;
  rename(name: string): void;
};

/** Spans for a collector. Work inside of work is its child, across awaits. */
export type Tracing = {
  /** False when nobody collects: hot paths ask before they describe what they do. */
  readonly enabled: boolean;
  /** Does `work` within a span, whose end it is; a rejection is noted in it and passed on. `parent` is a W3C `traceparent` from another process. */
  span<T>(name: string, attributes: SpanAttributes, work: (span: Span) => Promise<T>, parent?: string): Promise<T>;
  /** `traceparent` of the span around the caller, for other processes. */
  current(): string | undefined;
  /** Sends what is left; a collector that does not answer is given up after two seconds. */
  close(): Promise<void>;
};

const nothing: Span = { set() {}, rename() {} };
export const noTracing: Tracing = {
  enabled: false,
  span: (_name, _attributes, work) => work(nothing),
  current: () => undefined,
  close: async () => undefined,
};
