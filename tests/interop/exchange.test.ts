import { execFile, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeWith } from "../../packages/capstan/src/testing/needs.ts";
import { makeProject, type TestProject } from "../testing/project.ts";

/** The Python whose MLflow has all of its stores (`CAPSTAN_TEST_MLFLOW_STORES_PYTHON`, else `python3`): newer ones have lost the mlruns folder, small ones the server. */
const probe = "import mlflow.server, sqlalchemy, flask; from mlflow.store.tracking.file_store import FileStore";
const python = [process.env["CAPSTAN_TEST_MLFLOW_STORES_PYTHON"], "python3"].find(
  (one) => one && spawnSync(one, ["-c", probe], { stdio: "ignore" }).status === 0,
);
const variables = {
  ...process.env,
  MLFLOW_DISABLE_TELEMETRY: "true",
  MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR: "false",
  MLFLOW_HTTP_REQUEST_MAX_RETRIES: "2",
  PYTHONWARNINGS: "ignore",
};

async function script(name: string, uri: string, folder: string): Promise<string> {
  const file = fileURLToPath(new URL(`./${name}`, import.meta.url));
  mkdirSync(folder, { recursive: true });
  const { stdout } = await promisify(execFile)(python ?? "", [file, uri], {
    cwd: folder,
    env: { ...variables, HOME: folder },
    timeout: 170_000,
  });
  return stdout.trim().split("\n").pop() ?? "";
}
type Run = { id: string; lifecycle: string; files: Record<string, string>; history: Record<string, unknown[]> };
type Trace = { id: string; linked: string[] };
type Seen = {
  experiments: Record<string, { lifecycle: string; runs: Record<string, Run>; traces: Trace[] }>;
  models: Record<string, unknown>;
};
const seenIn = async (uri: string, folder: string): Promise<Seen> => JSON.parse(await script("mlflow_seen.py", uri, folder)) as Seen;

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

/** A real MLflow server over a folder. */
async function startMlflow(folder: string): Promise<{ url: string; stop(): Promise<void> }> {
  mkdirSync(folder, { recursive: true });
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const args = ["-m", "mlflow", "server", "--host", "127.0.0.1", "--port", String(port), "--workers", "1"];
  const stores = ["--backend-store-uri", `sqlite:///${join(folder, "mlflow.db")}`, "--artifacts-destination", join(folder, "mlartifacts")];
  const child = spawn(python ?? "", [...args, ...stores], { cwd: folder, env: variables, stdio: "ignore", detached: true });
  const ended = once(child, "exit");
  for (const until = Date.now() + 120_000; ;) {
    const answer = await fetch(`${url}/health`).catch(() => undefined);
    if (answer?.ok) break;
    if (Date.now() > until || child.exitCode !== null) throw new Error("the MLflow server does not answer");
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  return {
    url,
    async stop() {
      // The server has workers of its own: its group ends as one.
      process.kill(-(child.pid ?? 0), "SIGTERM");
      await ended;
    },
  };
}

describeWith("MLflow's own stores", "a Python with a full MLflow up to 3.12 (CAPSTAN_TEST_MLFLOW_STORES_PYTHON)", python, () => {
  let folder: string;
  let project: TestProject;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "capstan-exchange-"));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** Brings a store here and writes it back as an mlruns folder; MLflow's own client must see the same in both. */
  async function thereAndBack(from: string, before: Seen, linked = true): Promise<void> {
    const server = from.startsWith("http");
    project = makeProject();
    try {
      const first = await project.capstan("import", "mlflow", from, "--json", "-q");
      expect([first.code, first.stderr]).toEqual([0, ""]);
      expect(JSON.parse(first.stdout)).toMatchObject({
        taken: {
          experiments: 3,
          runs: 6,
          "metric points": 505,
          "artifact files": 2,
          "logged models": 1,
          "registered models": 1,
          "model versions": 2,
          traces: 1,
          spans: 2,
          assessments: 5,
          ...(linked && { "evaluation datasets": 1, "evaluation records": 2 }),
        },
        conflicts: [],
        differing: 0,
      });
      const again = await project.capstan("import", "mlflow", from, "--json", "-q");
      expect([again.code, JSON.parse(again.stdout)]).toMatchObject([
        0,
        { taken: {}, updated: {}, conflicts: [], entry: null, unread: { runs: server ? 5 : 6 } },
      ]);
      const whole = await project.capstan("import", "mlflow", from, "--again", "--json", "-q");
      expect([whole.code, JSON.parse(whole.stdout)]).toMatchObject([0, { same: { runs: 6 }, unread: {}, found: { "metric points": 505 } }]);
      expect((await project.capstan("verify")).code).toBe(0);
      const out = join(project.folder, "out");
      const written = await project.capstan("export", "mlflow", "out", "--json", "-q");
      expect([written.code, JSON.parse(written.stdout)]).toMatchObject([0, { taken: { runs: 6, traces: 1 }, differing: 0 }]);
      expect(JSON.parse(written.stdout).left.map((one: { what: string }) => one.what)).toEqual(
        linked ? ["links of traces to runs", "evaluation datasets"] : [],
      );
      expect(await seenIn(`file://${out}`, folder)).toEqual(linked ? withoutLinks(before) : before);
    } finally {
      await project.close();
    }
  }

  test("an mlruns folder, and back", async () => {
    const home = join(folder, "files");
    const root = join(home, "mlruns");
    await script("mlflow_store.py", `file://${root}`, home);
    await thereAndBack(root, await seenIn(`file://${root}`, home), false);
  });

  test("a SQLite file, and back", async () => {
    const home = join(folder, "sqlite");
    const uri = `sqlite:///${join(home, "mlflow.db")}`;
    await script("mlflow_store.py", uri, home);
    await thereAndBack(join(home, "mlflow.db"), await seenIn(uri, home));
  });

  test("a running server, and back", async () => {
    const server = await startMlflow(join(folder, "served"));
    try {
      await script("mlflow_store.py", server.url, join(folder, "served"));
      await thereAndBack(server.url, await seenIn(server.url, join(folder, "served")));
    } finally {
      await server.stop();
    }
  }, 600_000);

  test("a SQLite file to a running server", async () => {
    const home = join(folder, "toserver");
    const uri = `sqlite:///${join(home, "mlflow.db")}`;
    const [server] = await Promise.all([startMlflow(join(folder, "other")), script("mlflow_store.py", uri, home)]);
    project = makeProject();
    try {
      await project.capstan("import", "mlflow", join(home, "mlflow.db"), "-q");
      const written = await project.capstan("export", "mlflow", server.url, "--json", "-q");
      expect([written.code, JSON.parse(written.stdout)]).toMatchObject([
        0,
        { taken: { runs: 5, "logged models": 1, traces: 1 }, conflicts: [], differing: 0 },
      ]);
      const again = await project.capstan("export", "mlflow", server.url, "--json", "-q");
      expect(JSON.parse(again.stdout)).toMatchObject({ taken: {}, same: { runs: 5, traces: 1 } });
      const [before, after] = [await seenIn(uri, home), await seenIn(server.url, join(folder, "other"))];
      expect(plain(after)).toEqual(plain(before));
    } finally {
      await project.close();
      await server.stop();
    }
  }, 600_000);
});

/** A folder links no trace to a run. */
const withoutLinks = ({ experiments, models }: Seen): object => ({
  models,
  experiments: Object.fromEntries(
    Object.entries(experiments).map(([name, one]) => [name, { ...one, traces: one.traces.map((trace) => ({ ...trace, linked: [] })) }]),
  ),
});

/** Without ids, which a server gives by itself, and without what is deleted with its experiment, which does not go there. */
const plain = ({ experiments, models }: Seen): object => ({
  models,
  experiments: Object.fromEntries(
    Object.entries(experiments)
      .filter(([, experiment]) => experiment.lifecycle === "active")
      .map(([name, experiment]) => [
        name,
        { ...experiment, runs: Object.fromEntries(Object.entries(experiment.runs).map(([run, { id: _, ...facts }]) => [run, facts])) },
      ]),
  ),
});
