import { afterAll, beforeAll, expect, test } from "vitest";
import type { Caller } from "../../../base/foundation/caller.ts";
import { openPostgres } from "../../../base/storage/postgres.ts";
import { openMlflowServer } from "../../../testing/mlflow-server.ts";
import { describeWith } from "../../../testing/needs.ts";
import { findPostgres, startPostgres, type TestPostgres } from "../../../testing/postgres.ts";
import { openTestStore, type TestStore } from "../../../testing/store.ts";
import { trackingMigrations } from "../migrations.ts";
import { createTrackingService } from "../service.ts";
import { traceRoutes } from "./routes.ts";

const person: Caller = { actor: { kind: "person", name: "local:ada" }, via: "session", roles: [], capabilities: new Set(["read", "log"]) };

describeWith("PostgreSQL", "a PostgreSQL server (package postgresql)", findPostgres(), (bin) => {
  let postgres: TestPostgres;
  let open: TestStore;
  let server: Awaited<ReturnType<typeof openMlflowServer>>;
  beforeAll(async () => {
    postgres = await startPostgres(bin);
    open = await openTestStore(trackingMigrations, { database: openPostgres(await postgres.createDatabase()) });
    server = await openMlflowServer(
      traceRoutes({ tracking: createTrackingService({ store: open.store }), store: open.store, home: "default" }),
      () => person,
    );
  });
  afterAll(async () => {
    await server.close();
    await open.close();
    await postgres.stop();
  });

  test("a pattern that the database itself finds too complex is the asker's mistake, not the server's", async () => {
    // Within our own bounds, and beyond those of PostgreSQL, which multiplies repetitions out.
    for (const pattern of ["(.\\W){20}(\\B\\B){255}", "(.\\W){20}((\\B\\B){15}){17}"]) {
      const reply = await fetch(`${server.url}/api/3.0/mlflow/traces/search`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ locations: [{ mlflow_experiment: { experiment_id: "0" } }], filter: `name RLIKE '${pattern}'` }),
      });
      expect([pattern, reply.status, await reply.json()]).toEqual([
        pattern,
        400,
        {
          error_code: "INVALID_PARAMETER_VALUE",
          message: expect.stringContaining("regular expression is too complex"),
        },
      ]);
    }
  });
});
