import { join } from "node:path";
import { rm } from "node:fs/promises";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openTestStore, type TestStore } from "../../testing/store.ts";
import { signCheckpoint } from "./checkpoint.ts";
import { hashLeaf, Frontier } from "./tree.ts";
import { createRecordService, type RecordService } from "./service.ts";
import { findSigner, newSignerText } from "./signed-note.ts";
import { verifyRecord } from "./verify.ts";

let opened: TestStore;
let service: RecordService;
const size = 300;

beforeEach(async () => {
  opened = await openTestStore();
  service = createRecordService({ store: opened.store, tilesFolder: join(opened.folder, "tiles") });
  const { recorder } = opened.store;
  const make = (i: number) =>
    recorder.commit(
      [],
      [
        {
          action: "thing.made",
          subject: { type: "thing", id: `t${i}` },
          project: "default",
          actor: { kind: "person", name: "local:ada" },
          payload: { i },
        },
      ],
    );
  for (let i = 0; i < 40; i++) await make(i);
  await recorder.signed();
  await Promise.all(Array.from({ length: size - 40 }, (_, i) => make(40 + i)));
  await service.verify();
});
afterEach(() => opened.close());

/** Edits the database as someone would who has the file, behind the program's back. */
function edit(sql: (database: DatabaseSync) => void): void {
  const database = new DatabaseSync(join(opened.folder, "capstan.db"), { timeout: 5000 });
  sql(database);
  database.close();
}
const verify = (anchorText?: string) =>
  verifyRecord({
    database: opened.store.database,
    storeId: opened.store.id,
    tilesFolder: join(opened.folder, "tiles"),
    clock: opened.store.clock,
    anchorText,
    trusted: opened.store.recorder.verifier,
  });
const partOf = async (part: string, anchorText?: string) => (await verify(anchorText)).parts.find((one) => one.part === part);

test("an untouched record verifies, and says what it relied on", async () => {
  const without = await verify();
  expect(without.parts.map((one) => [one.part, one.verdict])).toEqual([
    ["ledger", "pass"],
    ["checkpoint", "pass"],
    ["anchor", "warn"],
    ["payloads", "pass"],
  ]);
  expect(without.reliedOn.join()).toContain("no second history");
  const { line } = await service.anchor();
  const withAnchor = await verify(`# kept in git\n${line}\n`);
  expect(withAnchor.verdict).toBe("pass");
  expect(withAnchor.reliedOn.join()).toContain(`anchor at size ${size}`);
});

test("an edited leaf is named, also when its stored hash was edited to match", async () => {
  edit((database) => database.exec("update entry set leaf = replace(leaf, 't120', 't999') where idx = 120"));
  expect(await partOf("ledger")).toMatchObject({ verdict: "fail", index: 120 });
  edit((database) => {
    const { leaf } = database.prepare("select leaf from entry where idx = 120").get() as { leaf: string };
    database.prepare("update entry set leaf_hash = ?, subject_id = 't999' where idx = 120").run(hashLeaf(leaf));
  });
  expect(await partOf("ledger")).toMatchObject({ verdict: "fail", index: 120, text: "entry 120 was edited after it was signed" });
});

test("an edited column is named", async () => {
  edit((database) => database.exec("update entry set action = 'thing.unmade' where idx = 7"));
  expect(await partOf("ledger")).toMatchObject({ verdict: "fail", index: 7 });
});

test("a deleted entry is named, also when the others moved up", async () => {
  edit((database) => database.exec("delete from entry where idx = 77"));
  expect(await partOf("ledger")).toMatchObject({ verdict: "fail", index: 77 });
  edit((database) => {
    for (let i = 78; i < size; i++) database.exec(`update entry set idx = ${i - 1} where idx = ${i}`);
  });
  expect(await partOf("ledger")).toMatchObject({ verdict: "fail", index: 77 });
});

test("entries that changed places are named", async () => {
  edit((database) =>
    database.exec(
      "update entry set idx = -1 where idx = 50; update entry set idx = 50 where idx = 260; update entry set idx = 260 where idx = -1",
    ),
  );
  expect(await partOf("ledger")).toMatchObject({ verdict: "fail", index: 50, text: expect.stringContaining("signed as entry 260") });
});

test("without tiles the damage is still found, to between two heads", async () => {
  await rm(join(opened.folder, "tiles"), { recursive: true });
  edit((database) => {
    const { leaf } = database.prepare("select leaf from entry where idx = 120").get() as { leaf: string };
    const other = leaf.replace("t120", "t999");
    database.prepare("update entry set leaf = ?, leaf_hash = ?, subject_id = 't999' where idx = 120").run(other, hashLeaf(other));
  });
  expect(await partOf("ledger")).toMatchObject({ verdict: "fail", index: 40, text: expect.stringContaining("between 40 and 299") });
});

test("a cut is found back to the newest head, and back to the anchor when the heads were cut, too", async () => {
  const { line } = await service.anchor();
  edit((database) => database.exec("delete from entry where idx >= 290"));
  expect(await partOf("ledger")).toMatchObject({ verdict: "fail", index: 290 });
  edit((database) => database.exec(`delete from checkpoint where size > 40; delete from entry where idx >= 200`));
  expect(await partOf("ledger")).toMatchObject({ verdict: "pass" });
  expect(await partOf("anchor", line)).toMatchObject({ verdict: "fail", index: 200 });
});

test("a rewrite with the key in hand is found against an anchor, and without one verify says that it cannot know", async () => {
  const { line } = await service.anchor();
  const signer = findSigner(newSignerText(`capstan/${opened.store.id}`, Buffer.alloc(32, 7)));
  if (!signer) throw new Error("no signer");
  await rm(join(opened.folder, "tiles"), { recursive: true });
  edit((database) => {
    const { leaf } = database.prepare("select leaf from entry where idx = 120").get() as { leaf: string };
    const other = leaf.replace("t120", "t999");
    database.prepare("update entry set leaf = ?, leaf_hash = ?, subject_id = 't999' where idx = 120").run(other, hashLeaf(other));
    const frontier = new Frontier();
    for (const row of database.prepare("select leaf_hash from entry order by idx").all() as { leaf_hash: Uint8Array }[])
      frontier.append(row.leaf_hash);
    const root = frontier.root().toString("hex");
    database.exec("delete from checkpoint");
    const note = signCheckpoint({ origin: `capstan/${opened.store.id}`, size, root }, signer);
    database
      .prepare("insert into checkpoint (size, root, note, frontier, at_ms) values (?, ?, ?, ?, ?)")
      .run(size, root, note, frontier.toBytes(), 1);
  });
  const alone = await verify();
  expect(alone.verdict).toBe("warn");
  expect(alone.reliedOn.join()).toContain("not that no second history was kept");
  expect(await partOf("anchor", line)).toMatchObject({ verdict: "fail", text: expect.stringContaining("written anew") });
});

test("a store that was signed anew with another key does not pass", async () => {
  const { line } = await service.anchor();
  const thief = findSigner(newSignerText(`capstan/${opened.store.id}`, Buffer.alloc(32, 9)));
  if (!thief) throw new Error("no signer");
  edit((database) => {
    for (const row of database.prepare("select size, root from checkpoint").all() as { size: number; root: string }[]) {
      database
        .prepare("update checkpoint set note = ? where size = ?")
        .run(signCheckpoint({ origin: `capstan/${opened.store.id}`, ...row }, thief), row.size);
    }
  });
  expect(await partOf("checkpoint")).toMatchObject({ verdict: "fail" });
  expect(await partOf("anchor", line.replace(/ \d+ /, " 9999 "))).toMatchObject({
    verdict: "warn",
    text: expect.stringContaining("wrong signature"),
  });
});

test("payloads: an edited one is named; an erased one is said so and proofs stay; a vanished one is not the same", async () => {
  const before = await service.get(10);
  const { erasedBy } = await service.erase("10", "asked by the person", { kind: "person", name: "local:ada" });
  await opened.store.recorder.signed();
  const after = await service.get(10);
  expect(after).toMatchObject({ payload: "erased", erasedBy, leaf: before.leaf });
  expect(after.entry.payload).toBeNull();
  expect(after.proof?.path.length).toBeGreaterThan(7);
  expect(await partOf("payloads")).toMatchObject({ verdict: "pass", text: expect.stringContaining("1 erased and said so") });
  edit((database) =>
    database.exec("update entry_payload set payload = '{\"i\":0}' where entry_id = (select id from entry where idx = 33)"),
  );
  expect(await partOf("payloads")).toMatchObject({ verdict: "fail", index: 33 });
  edit((database) => database.exec("delete from entry_payload where entry_id = (select id from entry where idx = 33)"));
  expect(await partOf("payloads")).toMatchObject({ verdict: "fail", index: 33, text: expect.stringContaining("gone") });
});

test("a name goes everywhere at once, and the record still verifies", async () => {
  expect((await service.get(3)).entry.actor.name).toBe("local:ada");
  await service.forget({ kind: "person", name: "local:ada" }, "right to be forgotten", { kind: "person", name: "local:ines" });
  expect((await service.get(3)).entry.actor.name).toMatch(/^p-[0-9a-f]{16}$/);
  await opened.store.recorder.signed();
  expect((await verify()).parts.every((one) => one.verdict === "pass" || one.part === "anchor")).toBe(true);
});

test("a damaged tile is written again before a proof is given", async () => {
  await rm(join(opened.folder, "tiles", "tile", "0"), { recursive: true });
  expect((await service.get(120)).proof?.path).toHaveLength(9);
});
