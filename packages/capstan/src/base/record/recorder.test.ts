import { afterEach, beforeEach, expect, test } from "vitest";
import { openTestStore, type TestStore } from "../../testing/store.ts";
import { statement } from "../storage/database.ts";
import type { EntryDraft } from "./model.ts";
import { createRecorder } from "./recorder.ts";
import { createRecordService } from "./service.ts";

let test1: TestStore;
beforeEach(async () => {
  test1 = await openTestStore([{ room: "things", number: 1, sql: "create table thing (id TEXT primary key)" }]);
});
afterEach(() => test1.close());

const draft = (id: string): EntryDraft => ({
  action: "thing.made",
  subject: { type: "thing", id },
  project: "default",
  actor: { kind: "person", name: "local:ada" },
  payload: { id },
});

test("a change and its entries are one: both or neither", async () => {
  const { store } = test1;
  await store.recorder.commit([statement("insert into thing (id) values (?)", "a")], [draft("a")]);
  await expect(store.recorder.commit([statement("insert into thing (id) values (?)", "a")], [draft("again")])).rejects.toThrow();
  expect(await store.database.all("select subject_id from entry")).toEqual([{ subject_id: "a" }]);
  expect(store.recorder.ledger.head().size).toBe(1);
});

test("changes of one turn share a transaction and get indexes without a gap, also beside one that fails", async () => {
  const { store } = test1;
  const outcomes = await Promise.allSettled(
    Array.from({ length: 60 }, (_, i) =>
      store.recorder.commit([statement("insert into thing (id) values (?)", i % 20 === 19 ? "same" : `t${i}`)], [draft(`t${i}`)]),
    ),
  );
  expect(outcomes.filter((one) => one.status === "rejected")).toHaveLength(2);
  const indexes = outcomes.flatMap((one) => (one.status === "fulfilled" ? one.value.entries.map((entry) => entry.index) : []));
  expect([...indexes].sort((a, b) => Number(a) - Number(b))).toEqual(Array.from({ length: 58 }, (_, i) => i));
});

test("signed() covers everything that was acknowledged before it was asked", async () => {
  const { store } = test1;
  for (let i = 0; i < 5; i++) await store.recorder.commit([], [draft(`t${i}`)]);
  const [first, second] = await Promise.all([store.recorder.signed(), store.recorder.signed()]);
  expect(first.size).toBe(5);
  expect(second).toEqual(first);
  expect(first.note.split("\n").slice(0, 2)).toEqual(["capstan/01TEST00000000000000000000", "5"]);
});

test("a store that is opened again goes on where it was, whether the last entries were signed or not", async () => {
  const { store, home } = test1;
  for (let i = 0; i < 5; i++) await store.recorder.commit([], [draft(`t${i}`)]);
  await store.recorder.signed();
  for (let i = 5; i < 8; i++) await store.recorder.commit([], [draft(`t${i}`)]);
  const again = await createRecorder({ ...store, storeId: store.id, home, sequenced: false });
  expect(again.ledger.head()).toEqual(store.recorder.ledger.head());
  expect((await again.commit([], [draft("t8")])).entries[0]?.index).toBe(8);
  expect((await again.signed()).size).toBe(9);
  await again.close();
});

test("a store whose entries do not lead to its signed head opens, keeps what is written, and signs nothing", async () => {
  const { store, home } = test1;
  for (let i = 0; i < 5; i++) await store.recorder.commit([], [draft(`t${i}`)]);
  await store.recorder.signed();
  await store.database.commit([statement("update checkpoint set frontier = ?", Buffer.alloc(64))]);
  const mended = await createRecorder({ ...store, storeId: store.id, home, sequenced: false });
  expect((await mended.signed()).size).toBe(5);
  await mended.close();
  await store.database.commit([statement("delete from entry where idx >= 3")]);
  const cut = await createRecorder({ ...store, storeId: store.id, home, sequenced: false });
  expect((await cut.commit([], [draft("more")])).entries[0]?.index).toBe(3);
  await expect(cut.signed()).rejects.toMatchObject({ code: "CAP-RECORD-002", params: { index: 3 } });
  await cut.close();
});

test("a clock that was set back changes neither the order of entries nor what is proven", async () => {
  let nowMs = Date.parse("2026-05-02T00:00:00Z");
  const moved = await openTestStore([], { clock: { nowMs: () => nowMs } });
  try {
    const { store, home, folder } = moved;
    await store.recorder.commit([], [draft("before")]);
    await store.recorder.signed();
    nowMs -= 86_400_000;
    await store.recorder.commit([], [draft("after")]);
    expect((await store.recorder.signed()).size).toBe(2);
    const again = await createRecorder({ ...store, storeId: store.id, home, sequenced: false });
    await again.commit([], [draft("reopened")]);
    await again.signed();
    const record = createRecordService({ store: { ...store, recorder: again }, tilesFolder: `${folder}/tiles` });
    expect((await record.verify()).parts.filter((one) => one.verdict !== "pass").map((one) => one.part)).toEqual(["anchor"]);
    const rows = await store.database.all<{ subject_id: string }>("select subject_id from entry order by idx");
    expect(rows.map((one) => one.subject_id)).toEqual(["before", "after", "reopened"]);
    await again.close();
  } finally {
    await moved.close();
  }
});
