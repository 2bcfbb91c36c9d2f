import { createGunzip, createInflate } from "node:zlib";
import type { Readable } from "node:stream";
import { bodyPieces } from "../mlflow/body-pieces.ts";
import { experimentId } from "../mlflow/fields.ts";
import type { WireReply, WireRequest, WireRoute } from "../mlflow/model.ts";
import { artifactRootOf } from "../mlflow/messages.ts";
import type { Surface } from "../mlflow/surface.ts";
import { spansOfJson, spansOfProtobuf } from "./otlp.ts";
import { ProtobufError } from "./protobuf.ts";
import type { Traces } from "./service.ts";

/** Of one request, after decompression. */
const largestBytes = 64 << 20;

class Refusal extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

async function bytesOf(stream: Readable, encoding: string): Promise<Buffer> {
  const opened =
    encoding === "" || encoding === "identity"
      ? stream
      : encoding === "gzip"
        ? stream.pipe(createGunzip())
        : encoding === "deflate"
          ? stream.pipe(createInflate())
          : undefined;
  if (!opened) throw new Refusal(400, `Unsupported Content-Encoding: ${encoding.slice(0, 100)}. Expected: gzip or deflate`);
  const pieces: Buffer[] = [];
  let sizeBytes = 0;
  try {
    for await (const piece of opened === stream ? bodyPieces(stream) : (opened as AsyncIterable<Buffer>)) {
      sizeBytes += piece.length;
      if (sizeBytes > largestBytes) throw new Refusal(413, `The request has more than ${largestBytes} bytes. Send fewer spans at once.`);
      pieces.push(piece);
    }
  } catch (error) {
    throw error instanceof Refusal ? error : new Refusal(400, `Failed to decompress ${encoding} body`);
  }
  return Buffer.concat(pieces);
}

/** OpenTelemetry's way in, over HTTP: protobuf or JSON, for the experiment that a header names. All spans of a request are kept, or none. */
export function otlpRoute(surface: Surface, traces: Traces): WireRoute {
  async function take({ headers, bytes, caller }: WireRequest): Promise<WireReply> {
    const type = (headers["content-type"] ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
    const named = headers["x-mlflow-experiment-id"];
    if (typeof named !== "string" || named === "")
      throw new Refusal(422, "The header x-mlflow-experiment-id is missing: it names the experiment");
    if (type !== "application/x-protobuf" && type !== "application/json")
      throw new Refusal(400, `Invalid Content-Type: ${type.slice(0, 100)}. Expected: application/x-protobuf or application/json`);
    const body = await bytesOf(bytes, String(headers["content-encoding"] ?? "").toLowerCase());
    let read: ReturnType<typeof spansOfProtobuf>;
    try {
      read =
        type === "application/json"
          ? spansOfJson(JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body)))
          : spansOfProtobuf(body);
    } catch (error) {
      if (error instanceof ProtobufError || error instanceof SyntaxError || error instanceof TypeError)
        throw new Refusal(400, `Invalid OpenTelemetry format: ${error.message.slice(0, 200)}`);
      throw error;
    }
    if (read.batches === 0) throw new Refusal(400, "Invalid OpenTelemetry format - no spans found");
    const broken = read.spans.find(({ span }) => span.traceId.length !== 32 || span.spanId.length !== 16);
    if (broken)
      throw new Refusal(
        422,
        `Cannot convert OpenTelemetry span to MLflow span: ${JSON.stringify(broken.span.name.slice(0, 100))} has no ids of 16 and 8 bytes`,
      );
    if (read.spans.length > 0) {
      const experiment = await surface.experiment(caller, experimentId(named));
      await traces.logSpans(
        experiment.project,
        { id: experiment.id, location: experiment.artifactLocation ?? artifactRootOf(surface.artifactRoot, experiment.id) },
        read.spans,
      );
    }
    return { status: 200, headers: { "content-type": "application/x-protobuf" }, text: "" };
  }
  return {
    method: "POST",
    path: "/v1/traces",
    capability: "log",
    takes: "bytes",
    async handle(request) {
      try {
        return await take(request);
      } catch (error) {
        if (error instanceof Refusal) return { status: error.status, json: { detail: error.message } };
        throw error;
      }
    },
  };
}
