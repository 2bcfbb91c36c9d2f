import { createServer, type Server, request as httpRequest, Agent } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { Caller } from "../base/foundation/caller.ts";
import type { Migration } from "../base/storage/migrations.ts";
import { openAnalytics } from "../build/data/analytics.ts";
import { loadOnnx } from "../build/inference/onnx.ts";
import { registryMigrations } from "../build/registry/migrations.ts";
import type { ModelVersion, RegistryService } from "../build/registry/model.ts";
import { createRegistryService } from "../build/registry/service.ts";
import { openTestStore, type TestStore, type TestStoreOptions } from "./store.ts";
import { servingMigrations } from "../ship/serving/migrations.ts";
import type { ArmSpec, LogMode, RouteSettings, RouteTable } from "../ship/serving/model.ts";
import type { LogLimits } from "../ship/serving/prediction-log.ts";
import { armOf } from "../ship/serving/rules.ts";
import { createServingService, type ServingService } from "../ship/serving/service.ts";

/** A served store on loopback, for the tests and benchmarks of the floor `ship`. */
export const ada: Caller = { actor: { kind: "person", name: "local:ada" }, via: "session", roles: [], capabilities: new Set() };
type Reply = {
  status: number;
  body: { error?: string; code?: string; model_version?: string; id?: string; outputs?: { name: string; data: number[] }[] };
  headers: Record<string, string | string[] | undefined>;
};

export type ServingFixture = {
  opened: TestStore;
  registry: RegistryService;
  serving: ServingService;
  url: string;
  register(bytes: Uint8Array, thresholds?: Record<string, number>): Promise<ModelVersion>;
  route(more?: Partial<RouteSettings>): Promise<RouteSettings>;
  publish(arms: readonly ArmSpec[], back?: ArmSpec | null): Promise<RouteTable>;
  live(version: ModelVersion): Promise<RouteTable>;
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Reply>;
  get(path: string): Promise<Reply>;
  /** Ends the service as a killed process would leave it, and opens another one on the same store. */
  reopen(): Promise<void>;
  close(): Promise<void>;
};

export async function openServingFixture(
  options: { migrations?: readonly Migration[]; store?: TestStoreOptions; limits?: LogLimits; log?: LogMode } = {},
): Promise<ServingFixture> {
  const opened = await openTestStore([...registryMigrations, ...servingMigrations, ...(options.migrations ?? [])], options.store);
  const { store } = opened;
  const engine = openAnalytics({ memoryLimit: "256MB", tempFolder: join(opened.folder, "temp") });
  const registry = createRegistryService({ store });
  const create = (): ServingService =>
    createServingService({ store, engine, load: (path) => loadOnnx(path), ...(options.limits && { limits: options.limits }) });
  let serving = create();
  await serving.open();
  const server: Server = createServer((request, response) => serving.handleInference(request, response, { ...ada, via: "loopback" }));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const ask = (method: string, path: string, body?: string, headers: Record<string, string> = {}): Promise<Reply> =>
    new Promise((resolve, reject) => {
      const request = httpRequest(
        {
          host: "127.0.0.1",
          port,
          path,
          method,
          agent,
          headers: { ...(body !== undefined && { "content-type": "application/json" }), ...headers },
        },
        (response) => {
          let text = "";
          response.setEncoding("utf8");
          response.on("data", (piece: string) => (text += piece));
          response.on("end", () =>
            resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text ? JSON.parse(text) : {} }),
          );
        },
      );
      request.on("error", reject);
      request.end(body);
    });
  const publish = async (arms: readonly ArmSpec[], back: ArmSpec | null = null): Promise<RouteTable> => {
    const entryId = store.recorder.newEntryId();
    const { table } = await serving.publish(
      { project: "default", route: "late-arrival", arms, back, salt: "salt", release: null, reason: "by the test", entryId },
      [],
      [
        {
          id: entryId,
          action: "route.table.published",
          subject: { type: "route", id: "late-arrival" },
          project: "default",
          actor: ada.actor,
          payload: {},
        },
      ],
    );
    return table;
  };
  return {
    opened,
    registry,
    get serving() {
      return serving;
    },
    url: `http://127.0.0.1:${port}`,
    publish,
    async register(bytes, thresholds) {
      const { digest } = await store.blobs.putBytes(bytes);
      return (await registry.register({ project: "default", model: "late-arrival", digest, ...(thresholds && { thresholds }) }, ada))
        .version;
    },
    route: (more = {}) =>
      serving.ensureRoute(
        {
          project: "default",
          route: "late-arrival",
          model: "late-arrival",
          key: "flight_id",
          log: options.log ?? "fast",
          answerWithinMs: 50,
          fallback: ["previous"],
          ...more,
        },
        ada,
      ),
    live: (version) => publish([armOf(version, "live", 1, store.clock.nowMs())]),
    post: (path, body, headers) => ask("POST", path, typeof body === "string" ? body : JSON.stringify(body), headers),
    get: (path) => ask("GET", path),
    async reopen() {
      await serving.close();
      serving = create();
      await serving.open();
    },
    async close() {
      agent.destroy();
      await new Promise((resolve) => server.close(resolve));
      await serving.close();
      await engine.close();
      await opened.close();
    },
  };
}

/** A V2 body of FP32 columns, with keys and event times. */
export const v2 = (
  columns: Record<string, readonly number[]>,
  more: { keys?: readonly string[]; observed?: readonly string[]; id?: string } = {},
): Record<string, unknown> => {
  const rows = Object.values(columns)[0]?.length ?? 0;
  const bytes = (name: string, data: readonly string[]) => ({ name, shape: [data.length], datatype: "BYTES", data });
  return {
    ...(more.id !== undefined && { id: more.id }),
    inputs: [
      ...Object.entries(columns).map(([name, data]) => ({ name, shape: [rows, 1], datatype: "FP32", data })),
      ...(more.keys ? [bytes("capstan.key", more.keys)] : []),
      ...(more.observed ? [bytes("capstan.observed_at", more.observed)] : []),
    ],
  };
};
