import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { readEnvironment } from "../packages/capstan/src/base/foundation/environment.ts";
import { findPostgres, startPostgres } from "../packages/capstan/src/testing/postgres.ts";
import { describeWith } from "../packages/capstan/src/testing/needs.ts";
import { findS3Python, startS3 } from "../packages/capstan/src/testing/s3.ts";
import { tryHost } from "../packages/capstan/src/host.ts";
import { connectToRead } from "../packages/capstan/src/connection.ts";
import { getProjectFolder } from "../packages/capstan/src/project-folder.ts";
import { makePlace, type Place } from "./testing/processes.ts";

const files = {
  "capstan.yaml": "capstan: 1\nproject: small\nsteps:\n  work: { run: node work.mjs, out: work.txt }\n",
  "work.mjs": `import { writeFileSync } from "node:fs";\nimport { note } from "./held.mjs";\nnote("work");\nwriteFileSync("work.txt", "made");\n`,
};

describe("where a store is said to be", () => {
  let folder: string;
  beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), "capstan-places-"))));
  afterEach(() => rmSync(folder, { recursive: true }));
  const declare = (store: string): void => writeFileSync(join(folder, "capstan.yaml"), `project: small\nstore: ${store}\nsteps: {broken\n`);
  const placed = (ask = {}) => getProjectFolder(folder, ask);

  test("flag before capstan.yaml before what the folder remembers", () => {
    declare('{ database: "postgres://db/ml", blobs: s3://models/store }');
    expect(placed()).toMatchObject({ database: "postgres://db/ml", blobs: "s3://models/store" });
    declare("\n  # for all of us\n  database: postgres://db/ml\n  blobs: ./objects  # beside it");
    expect(placed()).toMatchObject({ database: "postgres://db/ml", blobs: join(folder, "objects") });
    declare("s3://models");
    expect(placed({ database: "postgres://me:secret@db/other" })).toMatchObject({
      database: "postgres://me:secret@db/other",
      blobs: "s3://models",
    });
    rmSync(join(folder, "capstan.yaml"));
    writeFileSync(join(folder, "capstan.yaml"), "project: small\n");
    mkdirSync(join(folder, ".capstan"));
    writeFileSync(join(folder, ".capstan", "store.json"), JSON.stringify({ id: "01", format: 1, database: "postgres://me@DB:5432/ml" }));
    expect(placed()).toMatchObject({ database: "postgres://me@DB:5432/ml" });
    // The same database, asked for by somebody else.
    expect(placed({ database: "postgresql://you:pw@db/ml" })).toMatchObject({ database: "postgresql://you:pw@db/ml" });
  });

  test("a folder belongs to one store, and what is wrong is said without a password", () => {
    const refused = (ask: Parameters<typeof getProjectFolder>[1]): { code: string; text: string } => {
      try {
        placed(ask);
      } catch (error) {
        return { code: (error as { code: string }).code, text: JSON.stringify(error) + String(error) };
      }
      return { code: "none", text: "" };
    };
    writeFileSync(join(folder, "capstan.yaml"), "project: small\n");
    for (const [database, code] of [
      ["mysql://me:hidden@db/ml", "CAP-STORE-013"],
      ["postgres://me:hidden@db", "CAP-STORE-013"],
      ["hidden", "CAP-STORE-013"],
    ] as const) {
      const { code: found, text } = refused({ database });
      expect([found, text.includes("hidden")]).toEqual([code, false]);
    }
    expect(refused({ blobs: "ftp://x/y" }).code).toBe("CAP-STORE-013");
    declare("postgres://me:hidden@db/ml");
    expect(refused({})).toMatchObject({ code: "CAP-CONFIG-018", text: expect.not.stringContaining("hidden") });
    writeFileSync(join(folder, "capstan.yaml"), "project: small\n");
    mkdirSync(join(folder, ".capstan"));
    writeFileSync(join(folder, ".capstan", "store.json"), JSON.stringify({ id: "01", format: 1 }));
    expect(refused({ database: "postgres://me:hidden@db/ml" })).toMatchObject({
      code: "CAP-STORE-012",
      text: expect.not.stringContaining("hidden"),
    });
  });

  test("on a network file system the database is on this machine, and another machine is told which has it", async () => {
    writeFileSync(join(folder, "capstan.yaml"), "project: small\n");
    const home = join(folder, "home");
    const findNetwork = (path: string): string | undefined => (path.startsWith(join(folder, ".capstan")) ? "NFS" : undefined);
    const environment = readEnvironment({ HOME: folder, CAPSTAN_HOME: home });
    const place = placed({ home, findNetwork });
    expect(place).toMatchObject({ network: "NFS", localFolder: expect.stringContaining(join(home, "stores")) });
    const host = await tryHost({ place, environment, port: 0 });
    expect(host).toBeDefined();
    expect(await tryHost({ place, environment, port: 0 })).toBeUndefined();
    await host?.app
      .call("experiments.create" as never, { project: "small", name: "here" } as never, host.app.access.local)
      .catch(() => undefined);
    await host?.close();
    expect(readdirSync(place.localFolder)).toEqual(expect.arrayContaining(["capstan.db", "host.json", "host.lease"]));
    expect(existsSync(join(folder, ".capstan", "capstan.db"))).toBe(false);
    expect(existsSync(join(folder, ".capstan", "blobs"))).toBe(true);
    const looking = await connectToRead(place, environment);
    expect((await looking.call("record.head", {})).size).toBeGreaterThan(0);
    await looking.close();
    // The same folder, mounted where its database is not.
    const other = placed({ home: join(folder, "other-home"), findNetwork });
    await expect(tryHost({ place: other, environment, port: 0 })).rejects.toMatchObject({ code: "CAP-STORE-014" });
    // It goes on here.
    const again = await tryHost({ place, environment, port: 0 });
    expect(again?.app.store.id).toBe(host?.app.store.id);
    await again?.close();
  });
});

const python = findS3Python();
const bin = findPostgres();
describeWith(
  "a store in PostgreSQL and S3, by the command line",
  "a PostgreSQL server (package postgresql) and a Python with moto[server] (CAPSTAN_TEST_PYTHON)",
  python !== undefined && bin !== undefined ? { python, bin } : undefined,
  (found) => {
    let place: Place;
    let stop: () => Promise<unknown> = async () => undefined;
    afterEach(async () => {
      await place.close();
      await stop();
    });

    test("made, read, verified, backed up to a folder and restored to SQLite; its secrets are nowhere", async () => {
      const [postgres, s3] = await Promise.all([startPostgres(found.bin), startS3(found.python)]);
      stop = () => Promise.all([postgres.stop(), s3.stop()]);
      const bucket = new URL((await s3.createBucket()).bucketUrl);
      const secret = "pw-that-nobody-sees";
      const url = (await postgres.createDatabase()).replace("user=postgres", `user=postgres&password=${secret}`);
      place = await makePlace({
        files,
        environment: {
          CAPSTAN_DATABASE: url,
          CAPSTAN_BLOBS: `s3:/${bucket.pathname}/stores/one`,
          AWS_ENDPOINT_URL_S3: bucket.origin,
          AWS_ACCESS_KEY_ID: "key-of-test",
          AWS_SECRET_ACCESS_KEY: "secret-of-test",
        },
      });
      expect(await place.run("status")).toMatchObject({ code: 5, stderr: expect.stringContaining("CAP-STORE-008") });
      expect(await place.run("run")).toMatchObject({ code: 0 });
      expect(await place.run("run")).toMatchObject({ code: 0, stdout: expect.stringContaining("Nothing to run") });
      expect(await place.run("why", "work")).toMatchObject({ code: 0 });
      rmSync(join(place.storeFolder, "cache"), { recursive: true });
      expect(await place.run("verify", "--deep")).toMatchObject({ code: 0 });
      const doctor = await place.run("doctor");
      expect(doctor.stdout).toContain("postgres://");
      expect(await place.run("admin", "backup", join(place.root, "backup"))).toMatchObject({ code: 0 });
      expect(readdirSync(join(place.storeFolder, "blobs"))).toEqual([]);

      // No byte of what was written or said holds a secret.
      const below = readdirSync(place.root, { recursive: true, withFileTypes: true }).filter((one) => one.isFile());
      for (const secretText of [secret, "secret-of-test"]) {
        expect(below.filter((one) => readFileSync(join(one.parentPath, one.name)).includes(secretText)).map((one) => one.name)).toEqual([]);
        expect(doctor.stdout + doctor.stderr).not.toContain(secretText);
      }

      // Elsewhere, with nothing but the backup and the key.
      const other = await makePlace({ files, environment: { CAPSTAN_HOME: join(place.root, "state") } });
      try {
        const folder = join(other.root, "restored");
        const restored = await other.run("admin", "restore", join(place.root, "backup"), "--data", folder);
        expect([restored.code, restored.stdout]).toEqual([0, expect.stringContaining("ledger")]);
        expect(await other.run("verify", "--deep", "--data", folder)).toMatchObject({ code: 0 });
        expect((await other.run("why", "work", "--data", folder)).code).toBe(0);
      } finally {
        await other.close();
      }
    });
  },
);
