import { chmod, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openTestStore, type TestStore } from "../../testing/store.ts";
import type { Caller } from "../foundation/caller.ts";
import { recordOperations } from "@capstan/contract/operations/record";
import { rootOfInclusion, withSides } from "./proof.ts";
import { recordHandlers } from "./operations.ts";
import { createRecorder } from "./recorder.ts";
import { createRecordService, type RecordService } from "./service.ts";

let opened: TestStore;
let service: RecordService;
let handlers: ReturnType<typeof recordHandlers>;
const ada: Caller = { actor: { kind: "person", name: "local:ada" }, via: "session", roles: [], capabilities: new Set() };
const entry = (action: string, type: string, id: string, project = "default", because?: string) => ({
  action,
  subject: { type, id },
  project,
  actor: ada.actor,
  payload: { id },
  ...(because && { because }),
});

beforeEach(async () => {
  opened = await openTestStore();
  service = createRecordService({ store: opened.store, tilesFolder: join(opened.folder, "tiles") });
  handlers = recordHandlers(service, opened.store);
});
afterEach(() => opened.close());

/** The answer as the contract promises it. */
const ask = async <K extends keyof typeof recordOperations>(name: K, input: Record<string, unknown>, caller = ada) => {
  const operation = recordOperations[name];
  const handler = handlers[name] as (input: unknown, caller: Caller) => Promise<unknown>;
  return operation.output.parse(await handler(operation.input.parse(input), caller)) as never as Awaited<ReturnType<(typeof handlers)[K]>>;
};

test("entries are listed newest first, filtered, page by page", async () => {
  for (let i = 0; i < 7; i++)
    await opened.store.recorder.commit(
      [],
      [entry(i % 2 ? "run.ended" : "data.added", i % 2 ? "run" : "data", `x${i}`, i === 6 ? "other" : "default")],
    );
  const first = await ask("record.entries", { project: "default", limit: 4 });
  expect(first).toMatchObject({ total: 6, cursor: "2" });
  expect(first.entries.map((one) => one.index)).toEqual([5, 4, 3, 2]);
  expect(first.entries[0]?.sentence).toBe("ada ended run x5");
  const rest = await ask("record.entries", { project: "default", limit: 4, cursor: String(first.cursor) });
  expect(rest.entries.map((one) => one.index)).toEqual([1, 0]);
  expect(rest.cursor).toBeNull();
  expect((await ask("record.entries", { project: "default", action: "run" })).total).toBe(3);
  expect((await ask("record.entries", { project: "default", action: "run.ended", subject: "run:x3" })).total).toBe(1);
  expect((await ask("record.entries", { project: "default", q: "DATA x4" })).total).toBe(1);
  expect((await ask("record.entries", { project: "default", q: "100%" })).total).toBe(0);
  expect((await ask("record.entries", { project: "default", scope: "store" })).total).toBe(7);
});

test("a token of one project sees nothing of another", async () => {
  await opened.store.recorder.commit([], [entry("run.ended", "run", "mine"), entry("run.ended", "run", "secret", "other")]);
  const limited: Caller = { ...ada, projects: ["default"] };
  await expect(ask("record.entries", { project: "default", scope: "store" }, limited)).rejects.toMatchObject({ code: "CAP-NOT-FOUND-001" });
  await expect(ask("record.entry", { project: "default", entry: "1" }, limited)).rejects.toMatchObject({ code: "CAP-NOT-FOUND-001" });
  expect((await ask("record.entry", { project: "default", entry: "0" }, limited)).after).toBeNull();
});

test("an entry comes with a proof that leads from its leaf to the signed root, and with what it led to", async () => {
  const { entries } = await opened.store.recorder.commit([], [entry("alert.raised", "alert", "AL-1")]);
  await opened.store.recorder.commit([], [entry("run.ended", "run", "r1", "default", entries[0]?.id)]);
  expect((await ask("record.entry", { project: "default", entry: "0" })).proof).toBeNull();
  const { root } = await opened.store.recorder.signed();
  const found = await ask("record.entry", { project: "default", entry: String(entries[0]?.id) });
  expect(found.entry.state).toBe("included");
  expect(found.ledTo.map((one) => one.subject.id)).toEqual(["r1"]);
  const lines = found.proof?.file?.split("\n") ?? [];
  expect(lines.slice(0, 2)).toEqual(["c2sp.org/tlog-proof@v1", "index 0"]);
  const path = withSides(0, 2, [Buffer.from(lines[2] ?? "", "base64")]);
  expect(rootOfInclusion(Buffer.from(found.entry.leafHash, "hex"), path ?? []).toString("hex")).toBe(root);
  expect(found.proof?.path.at(-1)?.result).toBe(root);
});

test("closure up and down, with the shortest distance, also through a cycle", async () => {
  const node = (id: string) => ({ id, kind: id.split(":")[0] ?? "", title: id, digest: null, facts: {} });
  const { recorder } = opened.store;
  await recorder.commit(
    recorder.lineage(
      [node("model:m@v1"), node("run:r"), node("data:d@v1"), node("release:R-1")],
      [
        { from: "release:R-1", to: "model:m@v1", relation: "serves" },
        { from: "model:m@v1", to: "run:r", relation: "made by" },
        { from: "run:r", to: "data:d@v1", relation: "read" },
        { from: "model:m@v1", to: "data:d@v1", relation: "trained on" },
        { from: "data:d@v1", to: "release:R-1", relation: "collected by" },
        { from: "run:r", to: "code:c", relation: "code" },
      ],
      "default",
    ),
    [],
  );
  const up = await ask("record.lineage", { project: "default", node: "model:m@v1" });
  expect(up.nodes.map((one) => [one.id, one.depth])).toEqual(
    expect.arrayContaining([
      ["model:m@v1", 0],
      ["run:r", 1],
      ["data:d@v1", 1],
      ["release:R-1", 2],
      ["code:c", 2],
    ]),
  );
  expect(up).toMatchObject({ total: 5, counts: { model: 1, run: 1, data: 1, release: 1, code: 1 } });
  expect(up.edges).toHaveLength(6);
  const down = await ask("record.lineage", { project: "default", node: "code:c", direction: "down", depth: 1 });
  expect(down.nodes.map((one) => one.id)).toEqual(["code:c", "run:r"]);
  expect((await ask("record.lineage", { project: "default", node: "model:m@v1", limit: 2 })).nodes).toHaveLength(2);
  await expect(ask("record.lineage", { project: "other", node: "model:m@v1" })).rejects.toMatchObject({ code: "CAP-NOT-FOUND-001" });
});

test("head, verify, anchor, export and erase answer as the contract says", async () => {
  await opened.store.recorder.commit([], [entry("run.ended", "run", "r1"), entry("run.ended", "run", "r2")]);
  expect(await ask("record.head", {})).toMatchObject({ size: 2, waiting: 2, signed: null, canSign: true, verified: null });
  const { line } = await ask("record.anchor", {});
  expect(await ask("record.verify", { anchor: line })).toMatchObject({ verdict: "pass", entries: 2 });
  expect(await ask("record.head", {})).toMatchObject({ waiting: 0, verified: { verdict: "pass" } });
  const bundle = await ask("record.export", {});
  expect(await opened.store.blobs.size(bundle.blob)).toBe(bundle.sizeBytes);
  const { erasedBy } = await ask("record.erase", { project: "default", entry: "1", reason: "asked for" });
  expect(await ask("record.erase", { project: "default", entry: "1", reason: "again" })).toMatchObject({ erasedBy });
});

test("the key is in the person's folder only, and without it changes are kept, not signed", async () => {
  const { store, home } = opened;
  const path = join(home, "keys", `${store.id}.key`);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  const secret = (await readFile(path, "utf8")).trim();
  await store.recorder.commit([], [entry("run.ended", "run", "r1")]);
  await store.recorder.signed();
  await rm(path);
  const again = await createRecorder({ ...store, storeId: store.id, home });
  await again.commit([], [entry("run.ended", "run", "r2")]);
  await expect(again.signed()).rejects.toMatchObject({ code: "CAP-RECORD-003" });
  expect(again.checkpoint()?.size).toBe(1);
  expect(again.ledger.head().size).toBe(2);
  await again.close();
  expect((await readFile(join(opened.folder, "capstan.db"))).includes(secret.slice(-20))).toBe(false);
  await chmod(home, 0o700);
});

test("a sequencer gives the same indexes to what many processes wrote", async () => {
  const shared = await openTestStore([], { sequenced: true });
  const { store, home } = shared;
  const second = await createRecorder({ ...store, storeId: store.id, home, sequenced: true });
  await Promise.all(
    Array.from({ length: 300 }, (_, i) => (i % 2 ? second : store.recorder).commit([], [entry("run.ended", "run", `r${i}`)])),
  );
  const [one, other] = await Promise.all([store.recorder.signed(), second.signed()]);
  expect([one.size, other.size]).toEqual([300, 300]);
  expect(one.root).toBe(other.root);
  expect(await store.database.find("select min(idx) as low, max(idx) as high, count(distinct idx) as count from entry")).toEqual({
    low: 0,
    high: 299,
    count: 300,
  });
  await second.close();
  await shared.close();
});
