import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { Caller } from "../../base/foundation/caller.ts";
import type { EntryDraft } from "../../base/record/model.ts";
import { createRecordService, type RecordService } from "../../base/record/service.ts";
import { insert } from "../../base/storage/database.ts";
import { dataMigrations } from "../../build/data/migrations.ts";
import { logisticModel } from "../../build/inference/tiny-onnx.ts";
import { registryMigrations } from "../../build/registry/migrations.ts";
import type { ModelVersion, RegistryService } from "../../build/registry/model.ts";
import { createRegistryService } from "../../build/registry/service.ts";
import { trackingMigrations } from "../../build/tracking/migrations.ts";
import { createTrackingService, type TrackingService } from "../../build/tracking/service.ts";
import type { Release } from "../../ship/release/model.ts";
import { releaseMigrations } from "../../ship/release/migrations.ts";
import { insertRelease, listReleases } from "../../ship/release/store.ts";
import { openTestStore, type TestStore } from "../../testing/store.ts";
import { incidentsMigrations } from "../incidents/migrations.ts";
import { deliveryFacts, deliveryOf } from "./delivery.ts";
import { pathOf } from "./path.ts";

const project = "flights";
const ada: Caller = { actor: { kind: "person", name: "local:ada" }, via: "session", roles: [], capabilities: new Set() };
const system: Caller = { ...ada, actor: { kind: "system", name: "system:pipeline" } };
// No two moments are the same: where many write, entries of one millisecond have no order.
let nowMs = Date.now();
let test: TestStore;
let record: RecordService;
let registry: RegistryService;
let tracking: TrackingService;
beforeEach(async () => {
  test = await openTestStore(
    [...dataMigrations, ...trackingMigrations, ...registryMigrations, ...releaseMigrations, ...incidentsMigrations],
    { clock: { nowMs: () => ++nowMs } },
  );
  record = createRecordService({ store: test.store, tilesFolder: join(test.folder, "tiles") });
  registry = createRegistryService({ store: test.store });
  tracking = createTrackingService({ store: test.store });
});
afterEach(() => test.close());

const write = async (draft: Omit<EntryDraft, "project" | "payload">): Promise<string> =>
  (await test.store.recorder.commit([], [{ ...draft, project, payload: {} }])).entries[0]!.id;
const entry = (action: string, id: string, who: Caller, because?: string): Promise<string> =>
  write({ action, subject: { type: action.split(".")[0]!, id }, actor: who.actor, ...(because !== undefined && { because }) });
async function register(weight: number, because?: string): Promise<ModelVersion> {
  const { digest } = await test.store.blobs.putBytes(logisticModel({ a: weight }, 0));
  const { version } = await registry.register(
    { project, model: "late", digest, ...(because !== undefined && { because }) },
    because === undefined ? ada : system,
  );
  await test.store.recorder.commit(
    test.store.recorder.lineage([], [{ from: `model:late@v${version.number}`, to: "data:flights@v1", relation: "made from" }], project),
    [],
  );
  return version;
}
async function release(number: number, to: number, because?: string): Promise<void> {
  const started = await entry("release.started", `R-${number}`, ada, because);
  const row = {
    project,
    number,
    route: "late",
    model: "late",
    from: null,
    to,
    bundle: "",
    plan: {},
    state: "live",
    pausedFrom: null,
    rev: 1,
    verdict: null,
    override: null,
    gate: null,
    stages: [],
    because: "",
    becauseEntry: because ?? null,
    epoch: null,
    evidenceDigest: null,
    tookMs: null,
    incident: null,
    candidate: {},
    startedMs: 1,
    endedMs: 2,
    entryId: started,
  } as unknown as Release;
  await test.store.database.commit(insertRelease(row));
  await entry("release.promoted", `R-${number}`, system, started);
}
const path = async (ref: string) => {
  // An entry has its place once it is included.
  await test.store.recorder.signed();
  return pathOf(
    { record, registry, tracking, releases: { list: (name) => listReleases(test.store.database, name) } },
    project,
    "late",
    ref,
  );
};

it("walks from data to live, counts the hands, and starts again where an alert asked for the version", async () => {
  const data = await write({ action: "data.version.added", subject: { type: "data", id: "flights@v1" }, actor: ada.actor });
  await test.store.recorder.commit(
    [
      insert("data_version", {
        project,
        dataset: "flights",
        number: 1,
        digest: "d",
        form: "file",
        format: "parquet",
        row_count: 1,
        size_bytes: 1,
        columns: "[]",
        profile: "[]",
        verdict: "pass",
        entry_id: data,
        added_ms: test.store.clock.nowMs(),
      }),
      ...test.store.recorder.lineage([{ id: "data:flights@v1", kind: "data", title: "flights v1", digest: "d", facts: {} }], [], project),
    ],
    [],
  );
  const first = await register(1);
  const dossier = await entry("dossier.made", "late@v1", ada);
  await entry("dossier.approved", "late@v1", ada, dossier);
  await release(1, first.number);
  const byHand = await path("v1");
  expect(byHand.steps.map((step) => step.kind)).toEqual(["data", "model", "dossier", "dossier", "release", "release"]);
  expect(byHand.steps.map((step) => step.hand)).toEqual([true, true, true, true, true, false]);
  expect(byHand.hands).toBe(5);

  const segment = await entry("segment.closed", "S1", system);
  const window = await entry("window.judged", "inputs/2001", system, segment);
  const alert = await entry("alert.opened", "AL-1", system, window);
  const second = await register(2, alert);
  const asked = await entry("dossier.made", "late@v2", ada, alert);
  await entry("dossier.approved", "late@v2", ada, asked);
  await release(2, second.number, alert);
  const turned = await path("v2");
  expect(turned.steps.map((step) => step.kind)).toEqual([
    "data",
    "segment",
    "window",
    "alert",
    "model",
    "dossier",
    "dossier",
    "release",
    "release",
  ]);
  expect(turned.steps.filter((step) => step.hand).map((step) => step.title)).toEqual([expect.stringContaining("approved")]);
  expect(turned.hands).toBe(1);
  expect((await path("v1")).steps).toHaveLength(6);
  await expect(path("v9")).rejects.toThrow("v9");

  const delivery = deliveryOf(await deliveryFacts(test.store.database, project, test.store.clock.nowMs()));
  expect(delivery.find((one) => one.id === "releases")!.small).toBe("2 in 90 days");
  expect(delivery.find((one) => one.id === "data_to_live")!.small).toBe("median of 2");
});
