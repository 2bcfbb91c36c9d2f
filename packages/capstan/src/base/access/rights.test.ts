import { expect, test } from "vitest";
import { type Binding, rightsOf } from "./rights.ts";

const all = { roles: [], projects: null };
const may = (rights: { capabilities: ReadonlySet<string> }): string => [...rights.capabilities].toSorted().join(" ");
const bindings: Binding[] = [
  { role: "viewer", project: "a" },
  { role: "service", project: "b" },
  { role: "reviewer", project: "b" },
];

test("what one may depends on the project; without one, only what holds in all that are reached", () => {
  const rights = rightsOf(bindings, all);
  expect(rights.projects).toEqual(["a", "b"]);
  expect(may(rights.within("a"))).toBe("read");
  expect(may(rights.within("b"))).toBe("approve comment incident log predict read");
  expect(may(rights.within("c"))).toBe("");
  expect(may(rights)).toBe("read");
});

test("a role in all projects adds to those in one", () => {
  const rights = rightsOf([...bindings, { role: "auditor", project: null }], all);
  expect(rights.projects).toBeUndefined();
  expect(may(rights)).toBe("export read");
  expect(may(rights.within("a"))).toBe("export read");
  expect(may(rights.within("b"))).toBe("approve comment export incident log predict read");
  expect(may(rights.within("new"))).toBe("export read");
});

test("a token takes away, and never gives", () => {
  expect(may(rightsOf(bindings, { roles: ["viewer", "admin"], projects: null }).within("b"))).toBe("read");
  const narrow = rightsOf(bindings, { roles: [], projects: ["b", "c"] });
  expect([narrow.projects, may(narrow), may(narrow.within("a"))]).toEqual([["b"], "approve comment incident log predict read", ""]);
  expect(rightsOf([{ role: "viewer", project: null }], { roles: [], projects: ["c"] }).projects).toEqual(["c"]);
});

test("who holds nothing reaches nothing", () => {
  const rights = rightsOf([], all);
  expect([rights.projects, may(rights), may(rights.within("a"))]).toEqual([[], "", ""]);
});
