import fc from "fast-check";
import { expect, test } from "vitest";
import { consistencyPath, inclusionPath, isConsistent, type ReadSubtree, rootOfInclusion, withSides } from "./proof.ts";
import { emptyRoot, Frontier, hashLeaf, hashNode } from "./tree.ts";

/** The definition of the RFC, literally. */
const rootByDefinition = (leaves: readonly Buffer[]): Buffer => {
  if (leaves.length === 0) return emptyRoot;
  if (leaves.length === 1) return leaves[0] as Buffer;
  let split = 1;
  while (split * 2 < leaves.length) split *= 2;
  return hashNode(rootByDefinition(leaves.slice(0, split)), rootByDefinition(leaves.slice(split)));
};
const leavesOf = (size: number): Buffer[] => Array.from({ length: size }, (_, i) => hashLeaf(`leaf ${i}`));
const readerOf =
  (leaves: readonly Buffer[]): ReadSubtree =>
  async (level, index) =>
    rootByDefinition(leaves.slice(index * 2 ** level, (index + 1) * 2 ** level));

test("roots of the RFC's examples", () => {
  expect(emptyRoot.toString("hex")).toBe("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  const inputs = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];
  const frontier = new Frontier();
  for (const input of inputs) frontier.append(hashLeaf(Buffer.from(input, "hex")));
  expect(frontier.root().toString("hex")).toBe("5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328");
});

test("the frontier has the root of the definition and survives being stored, at every size", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 300 }), (size, cut) => {
      const leaves = leavesOf(size);
      let frontier = new Frontier();
      leaves.forEach((leaf, i) => {
        if (i === cut) frontier = Frontier.fromBytes(frontier.size, frontier.toBytes());
        frontier.append(leaf);
      });
      expect(frontier.root()).toEqual(rootByDefinition(leaves));
    }),
  );
});

test("every leaf's path leads to the root, and to no other one", async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 130 }), fc.nat(), async (size, pick) => {
      const leaves = leavesOf(size);
      const index = pick % size;
      const path = await inclusionPath(index, size, readerOf(leaves));
      expect(rootOfInclusion(leaves[index] as Buffer, path)).toEqual(rootByDefinition(leaves));
      expect(
        withSides(
          index,
          size,
          path.map((step) => step.hash),
        ),
      ).toEqual(path);
      expect(rootOfInclusion(hashLeaf("another"), path)).not.toEqual(rootByDefinition(leaves));
    }),
  );
});

test("consistency holds between any two sizes of one history, and never with another history", async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: 130 }), fc.integer({ min: 0, max: 130 }), fc.nat(), async (a, b, pick) => {
      const [earlier, size] = a < b ? [a, b] : [b, a];
      const leaves = leavesOf(size);
      const root = rootByDefinition(leaves);
      const earlierRoot = rootByDefinition(leaves.slice(0, earlier));
      const path = await consistencyPath(earlier, size, readerOf(leaves));
      expect(isConsistent(earlier, size, earlierRoot, root, path)).toBe(true);
      if (earlier === 0) return;
      const other = [...leaves];
      other[pick % earlier] = hashLeaf("rewritten");
      expect(isConsistent(earlier, size, rootByDefinition(other.slice(0, earlier)), root, path)).toBe(false);
      expect(isConsistent(earlier, size, earlierRoot, rootByDefinition(other), await consistencyPath(earlier, size, readerOf(other)))).toBe(
        false,
      );
    }),
  );
});
