import fc from "fast-check";
import { expect, it } from "vitest";
import type { Change } from "./database.ts";
import { ChangePacker, ChangeUnpacker, packOutcome, unpackOutcome } from "./packed-changes.ts";

const names = fc.record({ noun: fc.string(), name: fc.string() });
const value = fc.oneof(fc.constant(null), fc.double(), fc.integer(), fc.string(), fc.uint8Array());
const change = fc.array(
  fc.record(
    {
      sql: fc.constantFrom("insert into a values (?)", "update b set c = ?", "delete from d", ""),
      params: fc.array(value),
      guard: fc.record({ rows: fc.nat(), noun: fc.string(), name: fc.string() }),
      exists: names,
    },
    { requiredKeys: ["sql", "params"] },
  ),
);

it("gives back what was packed, list after list", () => {
  fc.assert(
    fc.property(fc.array(fc.array(change)), (lists) => {
      const packer = new ChangePacker();
      const unpacker = new ChangeUnpacker();
      for (const changes of lists) expect(unpacker.unpack(structuredClone(packer.pack(changes)))).toEqual(changes);
    }),
  );
});

it("sends a text once, and again after a list that did not arrive", () => {
  const packer = new ChangePacker();
  const one: Change = [{ sql: "insert into a values (?)", params: [1] }];
  expect(packer.pack([one])).toContain("insert into a values (?)");
  expect(packer.pack([one])).not.toContain("insert into a values (?)");
  packer.forget();
  expect(new ChangeUnpacker().unpack(packer.pack([one]))).toEqual([one]);
});

it("more texts than are remembered are read all the same", () => {
  const packer = new ChangePacker();
  const unpacker = new ChangeUnpacker();
  for (let i = 0; i < 5000; i++) {
    const one: Change = [
      { sql: `select ${i}`, params: [] },
      { sql: "select 0", params: [] },
    ];
    expect(unpacker.unpack(packer.pack([one]))).toEqual([one]);
  }
});

it("an outcome without rows is a number on the way", () => {
  const two: Change = [
    { sql: "a", params: [] },
    { sql: "b", params: [] },
  ];
  expect(unpackOutcome(packOutcome({ committed: [[], []] }), two)).toEqual({ committed: [[], []] });
  const rows = { committed: [[], [{ key: "loss" }]] };
  expect(unpackOutcome(packOutcome(rows), two)).toEqual(rows);
});
