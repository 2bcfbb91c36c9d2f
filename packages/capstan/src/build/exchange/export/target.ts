import type { createMlflowClient } from "../sources/client.ts";
import type { ExportTask } from "./held.ts";

/** The tag by which the same export again finds what it wrote: the id here. */
export const idTag = "capstan.runId";

/** Characters that a server keeps of a tag's value. */
export const longestTag = 8000;

export type Client = ReturnType<typeof createMlflowClient>;
/** A server that is written to; ids there by ids here. */
export type Target = { client: Client; task: ExportTask; runs: Map<string, string>; models: Map<string, string> };
