import { viewOperations } from "@capstan/contract/operations/views";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Caller } from "../foundation/caller.ts";
import { openTestStore, type TestStore } from "../../testing/store.ts";
import { projectMigrations } from "./migrations.ts";
import { viewHandlers } from "./views.ts";

const caller: Caller = { actor: { kind: "person", name: "local:ann" }, via: "session", roles: [], capabilities: new Set(["comment"]) };
let open: TestStore;
beforeAll(async () => {
  open = await openTestStore(projectMigrations);
});
afterAll(() => open.close());

test("a view is kept under its name for its page, replaced by the same name, and forgotten", async () => {
  const handlers = viewHandlers(open.store);
  const save = (name: string, query: string) =>
    handlers["views.save"](viewOperations["views.save"].input.parse({ project: "p", page: "runs", name, query }), caller);
  const first = await save("Best", "sort=-metrics.auc");
  await save("Failed", "q=status%20%3D%20'FAILED'");
  expect(await save("Best", "sort=metrics.loss")).toEqual({ ...first, query: "sort=metrics.loss" });
  const list = async (page: string) => (await handlers["views.list"]({ project: "p", page }, caller)).views.map((one) => one.name);
  expect(await list("runs")).toEqual(["Best", "Failed"]);
  expect(await list("experiments/1")).toEqual([]);
  await handlers["views.delete"]({ project: "p", view: first.id }, caller);
  expect(await list("runs")).toEqual(["Failed"]);
  await expect(handlers["views.delete"]({ project: "q", view: first.id }, caller)).rejects.toThrow(/no view/i);
});
