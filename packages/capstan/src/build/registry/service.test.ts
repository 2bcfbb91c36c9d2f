import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { registryOperations } from "@capstan/contract/operations/registry";
import { checked } from "../../testing/checked.ts";
import { openTestStore, type TestStore } from "../../testing/store.ts";
import type { Caller } from "../../base/foundation/caller.ts";
import { logisticModel } from "../inference/tiny-onnx.ts";
import { registryMigrations } from "./migrations.ts";
import { registryHandlers } from "./operations.ts";
import { createRegistryService, type Registry } from "./service.ts";
import { livePart } from "./store.ts";

const ada: Caller = { actor: { kind: "person", name: "local:ada" }, via: "session", roles: [], capabilities: new Set() };
let opened: TestStore;
let service: Registry;
beforeEach(async () => {
  opened = await openTestStore(registryMigrations);
  service = createRegistryService({ store: opened.store });
});
afterEach(() => opened.close());

const file = async (weight: number): Promise<string> => (await opened.store.blobs.putBytes(logisticModel({ a: weight, b: 1 }, 0))).digest;
const register = async (weight: number) => service.register({ project: "default", model: "late-arrival", digest: await file(weight) }, ada);

describe("register", () => {
  it("numbers versions from 1, and the same bytes are the same version", async () => {
    const first = await register(1);
    const second = await register(2);
    const again = await register(1);
    expect([first, second, again].map((one) => [one.version.number, one.created])).toEqual([
      [1, true],
      [2, true],
      [1, false],
    ]);
    expect(first.version.signature.inputs.map((column) => column.name)).toEqual(["a", "b"]);
    const entries = await opened.store.database.all("select action, subject_type, subject_id from entry order by idx");
    expect(entries).toEqual([
      { action: "model.version.registered", subject_type: "model", subject_id: "late-arrival@v1" },
      { action: "model.version.registered", subject_type: "model", subject_id: "late-arrival@v2" },
    ]);
    const edges = await opened.store.database.all("select to_id from lineage_edge where from_id = ?", ["model:late-arrival@v1"]);
    expect(edges).toEqual([{ to_id: `blob:${first.version.digest}` }]);
  });

  it("gives each of many callers at once a number of its own", async () => {
    const all = await Promise.all([1, 2, 3].map(register));
    expect(all.map((one) => one.version.number).sort()).toEqual([1, 2, 3]);
  });

  it("makes another bundle from other thresholds", async () => {
    const first = await register(1);
    const other = await service.register(
      { project: "default", model: "other", digest: first.version.digest, thresholds: { decision: 0.3 } },
      ada,
    );
    expect(other.version.digest).toBe(first.version.digest);
    expect(other.version.bundle).not.toBe(first.version.bundle);
  });

  it("refuses bytes that the store lacks or that are no model, and keeps nothing", async () => {
    await expect(service.register({ project: "default", model: "m", digest: "0".repeat(64) }, ada)).rejects.toMatchObject({
      code: "CAP-STORE-006",
    });
    const { digest } = await opened.store.blobs.putBytes(Buffer.from("text"));
    await expect(service.register({ project: "default", model: "m", digest }, ada)).rejects.toMatchObject({ code: "CAP-MODEL-001" });
    expect(await service.versions("default", "m")).toEqual([]);
  });
});

describe("aliases", () => {
  it("move with an entry each, and resolve", async () => {
    const { version } = await register(1);
    await register(2);
    await service.setAlias({ project: "default", model: "late-arrival", alias: "candidate", ref: "v1" }, ada);
    const moved = await service.setAlias({ project: "default", model: "late-arrival", alias: "candidate", ref: "latest" }, ada);
    expect(moved).toMatchObject({ number: 2, before: 1 });
    expect((await service.get("default", "late-arrival", "candidate")).number).toBe(2);
    expect((await service.get("default", "late-arrival", version.digest.slice(0, 8))).number).toBe(1);
    await service.setAlias({ project: "default", model: "late-arrival", alias: "candidate", ref: null }, ada);
    await expect(service.get("default", "late-arrival", "candidate")).rejects.toMatchObject({ code: "CAP-NOT-FOUND-001" });
    const actions = await opened.store.database.all<{ action: string }>("select action from entry order by idx");
    expect(actions.map((one) => one.action).slice(2)).toEqual(["model.alias.set", "model.alias.set", "model.alias.removed"]);
  });

  it("an alias that looks like a digest is an alias", async () => {
    const { version } = await register(1);
    await register(2);
    await service.setAlias({ project: "default", model: "late-arrival", alias: "decade", ref: "v2" }, ada);
    expect((await service.get("default", "late-arrival", "decade")).number).toBe(2);
    expect((await service.get("default", "late-arrival", version.digest.slice(0, 12))).number).toBe(1);
  });

  it("live is not set by hand; a release's statements set it", async () => {
    await register(1);
    await expect(service.setAlias({ project: "default", model: "late-arrival", alias: "live", ref: "v1" }, ada)).rejects.toMatchObject({
      code: "CAP-MODEL-005",
      remedy: "`capstan release late-arrival@v1` asks for the promotion",
    });
    await expect(service.setAlias({ project: "default", model: "late-arrival", alias: "v7", ref: "v1" }, ada)).rejects.toMatchObject({
      code: "CAP-USAGE-001",
    });
    await opened.store.database.commit(
      livePart("default", { model: "late-arrival", route: "late-arrival", number: 1, sinceMs: 5, entryId: "E" }),
    );
    expect((await service.get("default", "late-arrival", "live")).number).toBe(1);
  });
});

it("shows a model, its versions and one version with its history", async () => {
  const handlers = checked(registryOperations, registryHandlers(service, opened.store));
  const digest = await file(3);
  const made = await handlers["models.register"](
    { project: "default", model: "late-arrival", digest, metrics: { auc: 0.7 }, alias: "candidate", reason: "by hand" },
    ada,
  );
  expect(made).toMatchObject({ version: "v1", created: true });
  const { models } = await handlers["models.list"]({ project: "default" }, ada);
  expect(models).toMatchObject([{ model: "late-arrival", versions: 1, latest: "v1", live: null, aliases: { candidate: "v1" } }]);
  const version = await handlers["models.version"]({ project: "default", model: "late-arrival", version: "candidate" }, ada);
  expect(version).toMatchObject({
    version: "v1",
    actor: "local:ada",
    metrics: { auc: 0.7 },
    aliases: ["candidate"],
    data: [{ node: `blob:${digest}` }],
  });
  expect(version.history.map((one) => one.action)).toEqual(["model.alias.set", "model.version.registered"]);
  await handlers["models.describe"]({ project: "default", model: "late-arrival", version: "candidate", description: "by **hand**" }, ada);
  await handlers["models.describe"]({ project: "default", model: "late-arrival", description: "who is late" }, ada);
  expect(await handlers["models.version"]({ project: "default", model: "late-arrival", version: "v1" }, ada)).toMatchObject({
    description: "by **hand**",
    tags: {},
    stage: "None",
    form: "file",
    source: null,
    loggedModel: null,
  });
  expect((await handlers["models.get"]({ project: "default", model: "late-arrival" }, ada)).description).toBe("who is late");
});
