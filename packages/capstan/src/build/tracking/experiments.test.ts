import { afterAll, beforeAll, expect, test } from "vitest";
import { person as caller } from "../../testing/person.ts";
import { openTestStore, type TestStore } from "../../testing/store.ts";
import { trackingMigrations } from "./migrations.ts";
import { createTrackingService } from "./service.ts";

let open: TestStore;
beforeAll(async () => {
  open = await openTestStore(trackingMigrations);
});
afterAll(() => open.close());

test("many experiments at once, also from several processes on one database, are all made, each under its own number", async () => {
  const services = [1, 2, 3].map(() => createTrackingService({ store: open.store }));
  const made = await Promise.all(
    Array.from({ length: 60 }, (_, i) =>
      services[i % services.length]?.experiments.create({ project: "default", name: `at once ${i}`, tags: { number: String(i) } }, caller),
    ),
  );
  expect(new Set(made).size).toBe(60);
  for (const [i, id] of made.entries())
    expect(await services[0]?.experiments.find(id ?? "")).toMatchObject({ name: `at once ${i}`, tags: { number: String(i) } });
});

test("one name asked for many times at once is made once; the others are told that it exists", async () => {
  const { experiments } = createTrackingService({ store: open.store });
  const asked = await Promise.allSettled(
    Array.from({ length: 20 }, () => experiments.create({ project: "default", name: "only one" }, caller)),
  );
  const refused = asked.flatMap((one) => (one.status === "rejected" ? [one.reason as { code: string }] : []));
  expect(refused.map((one) => one.code)).toEqual(Array(19).fill("CAP-EXISTS-001"));
});
