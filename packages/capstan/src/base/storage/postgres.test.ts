import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeWith } from "../../testing/needs.ts";
import { findPostgres, startPostgres, type TestPostgres } from "../../testing/postgres.ts";
import { databaseConformance } from "./database.conformance.ts";
import { insert, statement } from "./database.ts";
import { openPostgres } from "./postgres.ts";
import { postgresText } from "./postgres-text.ts";

test("question marks become numbers, but not in strings, names and comments", () => {
  expect(postgresText(`select ?, 'a''?' as "b?""", ? -- ?\n, /* ?\n */ ?`).text).toBe(
    `select $1, 'a''?' as "b?""", $2 -- ?\n, /* ?\n */ $3`,
  );
});

test("a long list is planned for its values each time, a write never is", () => {
  const list = (length: number): string => Array.from({ length }, () => "?").join(", ");
  expect(postgresText(`select 1 from thing where id in (${list(100)})`).name).toBeDefined();
  expect(postgresText(`select 1 from thing where id in (${list(1000)})`).name).toBeUndefined();
  expect(postgresText(`insert into thing values (${list(1000)})`).name).toBeDefined();
});

describeWith("PostgreSQL", "a PostgreSQL server (package postgresql)", findPostgres(), (bin) => {
  let server: TestPostgres;
  beforeAll(async () => void (server = await startPostgres(bin)));
  afterAll(() => server.stop());

  databaseConformance("PostgreSQL", async () => {
    const url = await server.createDatabase();
    const database = openPostgres(url);
    return {
      database,
      again: () => openPostgres(url),
      async remove() {
        await database.close();
        await server.dropDatabase(url);
      },
    };
  });

  /** Ends every other connection to the database, as a restart of the server does. */
  const cut = async (url: string): Promise<void> => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    await client.query(
      "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()",
    );
    await client.end();
  };

  test("a question whose pattern takes too long is given up with a code of its own, and the next is answered", async () => {
    const database = openPostgres(await server.createDatabase(), { patternLimitMs: 100 });
    // What the slowest pattern does, in no more memory.
    const slow = "select 1 as x where (select pg_sleep(60)::text) ~ ?";
    const all = await Promise.allSettled(Array.from({ length: 6 }, () => database.all(slow, ["a"])));
    for (const one of all) expect(one).toMatchObject({ status: "rejected", reason: { code: "CAP-STORE-018", status: 400 } });
    expect(await database.all("select 1 as x where 'adam' LIKE ?", ["a%"])).toEqual([{ x: 1 }]);
    await database.close();
  });

  test("lost connections are made again, and no change is lost or made twice", async () => {
    const url = await server.createDatabase();
    const database = openPostgres(url);
    await database.commit([statement("create table thing (id BIGINT primary key, times BIGINT not null)")]);
    const outcomes: Promise<boolean>[] = [];
    for (let round = 0; round < 8; round++) {
      for (let i = 0; i < 25; i++) {
        const id = round * 100 + i;
        outcomes.push(
          database.commit([insert("thing", { id, times: 1 }, { tail: "on conflict (id) do update set times = thing.times + 1" })]).then(
            () => true,
            () => false,
          ),
        );
        if (i % 5 === 0) await new Promise((resolve) => setImmediate(resolve));
      }
      await cut(url);
    }
    const acknowledged = (await Promise.all(outcomes)).filter(Boolean).length;
    const rows = await database.find<{ n: number; most: number }>("select count(*) as n, max(times) as most from thing");
    // Nothing acknowledged is missing, nothing happened twice. A change whose fate could not be asked in time is refused, and may have happened.
    expect(rows?.most).toBe(1);
    expect(rows?.n).toBeGreaterThanOrEqual(acknowledged);
    expect(acknowledged).toBeGreaterThan(20);
    await database.close();
    await server.dropDatabase(url);
  });

  test("several processes number without gaps and without refusals", async () => {
    const url = await server.createDatabase();
    const several = [openPostgres(url), openPostgres(url), openPostgres(url)];
    await several[0]?.commit([statement("create table thing (number BIGINT primary key, who BIGINT)")]);
    const add = (who: number) =>
      several[who]?.commit([
        statement(
          "insert into thing (number, who) select coalesce(max(number), 0) + 1, cast(? as BIGINT) from thing returning number",
          who,
        ),
      ]);
    const outcomes = await Promise.allSettled(Array.from({ length: 60 }, (_, i) => add(i % 3)));
    const done = outcomes.filter((one) => one.status === "fulfilled").length;
    expect(await several[1]?.find("select count(*) as n, max(number) as most from thing")).toEqual({ n: done, most: done });
    expect(done).toBe(60);
    await Promise.all(several.map((one) => one.close()));
    await server.dropDatabase(url);
  });

  test("reads cannot change anything, and acknowledged means durable whatever the server's default", async () => {
    const url = await server.createDatabase();
    const database = openPostgres(url);
    await expect(database.all("create table thing (id TEXT)")).rejects.toMatchObject({ code: "CAP-STORE-004" });
    const [rows] = await database.commit([statement("select current_setting('synchronous_commit') as mode")]);
    expect(rows).toEqual([{ mode: "on" }]);
    await database.close();
    await server.dropDatabase(url);
  });

  test("a server that is not there is said", async () => {
    const database = openPostgres("postgresql://nobody:secret@127.0.0.1:1/none");
    const error = await database.commit([statement("select 1")]).catch((thrown: unknown) => thrown as Error);
    expect(error).toMatchObject({ code: "CAP-STORE-001" });
    expect(String(error)).not.toContain("secret");
    await expect(database.all("select 1")).rejects.toMatchObject({ code: "CAP-STORE-001" });
    await database.close();
  });
});
