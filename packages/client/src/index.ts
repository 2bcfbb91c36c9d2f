import { operations, type Operations } from "@capstan/contract/operations";
import { type Client, clientOf, type ClientOptions } from "./http.ts";

export { ClientError, type Client, type ClientOptions, type Fetch } from "./http.ts";
export { type MetricStream, type MetricStreamOptions, openMetricStream, type StreamPoint } from "./metric-stream.ts";
export { socketFetch } from "./node.ts";
export { startRun, type MetricPoint, type Run, type RunOptions } from "./run.ts";

/** A typed client of every operation. */
export const createClient = (options: ClientOptions): Client<Operations> => clientOf<Operations>(operations, options);
