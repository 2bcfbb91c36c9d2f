import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { silentLog } from "../../../../base/foundation/log.ts";
import { openPostgres } from "../../../../base/storage/postgres.ts";
import { describeWith } from "../../../../testing/needs.ts";
import { person as caller } from "../../../../testing/person.ts";
import { findPostgres, startPostgres, type TestPostgres } from "../../../../testing/postgres.ts";
import { openTestStore } from "../../../../testing/store.ts";
import { trackingMigrations } from "../../migrations.ts";
import { createTrackingService } from "../../service.ts";
import { touch } from "../../store.ts";
import { postgresText } from "../../../../base/storage/postgres-text.ts";
import { createRunSearch } from "../run-search.ts";

describeWith("columns of several processes on one database", "a PostgreSQL server (package postgresql)", findPostgres(), (bin) => {
  let server: TestPostgres;
  beforeAll(async () => void (server = await startPostgres(bin)));
  afterAll(() => server.stop());

  test("a change that began before another and was committed after it is seen", async () => {
    const url = await server.createDatabase();
    const { store, close } = await openTestStore(trackingMigrations, { database: openPostgres(url) });
    const tracking = createTrackingService({ store });
    const search = createRunSearch(store.database, silentLog, { fewRuns: -1 });
    const other = new pg.Client(url);
    try {
      const experimentId = await tracking.ensureExperiment("p", "a", caller);
      const [early, late] = [
        await tracking.createRun({ project: "p", experimentId, kind: "user", name: "early", startedMs: 1, by: "x" }, caller),
        await tracking.createRun({ project: "p", experimentId, kind: "user", name: "late", startedMs: 2, by: "x" }, caller),
      ];
      const found = async (): Promise<string[]> =>
        (
          await search.search({
            experimentIds: [experimentId],
            filter: "tags.t = 'v'",
            lifecycle: "all",
            limit: 10,
            kinds: ["user"],
            artifactRoot: "",
          })
        ).ids;
      expect(await found()).toEqual([]);
      await other.connect();
      await other.query("begin");
      const { sql, params } = touch("postgres", early.id);
      await other.query(postgresText(sql).text, [...params]);
      await other.query("insert into tag (project, run_id, key, value) values ('p', $1, 't', 'v')", [early.id]);
      await tracking.setTags(late.id, { t: "v" }, caller);
      expect(await found()).toEqual([late.id]);
      await other.query("commit");
      expect(await found()).toEqual([late.id, early.id]);
    } finally {
      await other.end();
      await search.close();
      await tracking.close();
      await close();
    }
  });
});
