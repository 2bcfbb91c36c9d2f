import { execFile, spawnSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Hosted, hostTracking } from "./hosted.ts";

/** The Python that has MLflow: `CAPSTAN_TEST_MLFLOW_PYTHON`, else `python3` when it can import it. */
function pythonWithMlflow(): string | undefined {
  const candidates = [process.env["CAPSTAN_TEST_MLFLOW_PYTHON"], "python3"].filter((one) => one !== undefined && one !== "") as string[];
  return candidates.find((one) => spawnSync(one, ["-c", "import mlflow"], { stdio: "ignore" }).status === 0);
}

const python = pythonWithMlflow();
const must = Boolean(process.env["CI"]);

const notRun = "not run: no Python with mlflow; name one in CAPSTAN_TEST_MLFLOW_PYTHON";

describe.skipIf(python === undefined && !must)(`MLflow's own Python client${python === undefined ? ` (${notRun})` : ""}`, () => {
  let folder: string;
  let host: Hosted;
  beforeAll(async () => {
    if (python === undefined) throw new Error(notRun);
    folder = await mkdtemp(join(tmpdir(), "capstan-mlflow-"));
    host = await hostTracking(folder);
  });
  afterAll(async () => {
    await host?.kill();
    if (folder) await rm(folder, { recursive: true, force: true });
  });

  test("logs a run with params, a curve and artifacts and reads it back", async () => {
    const { stdout } = await promisify(execFile)(python ?? "", [fileURLToPath(new URL("./mlflow_client.py", import.meta.url)), host.url], {
      timeout: 120_000,
      env: {
        ...process.env,
        MLFLOW_TRACKING_URI: host.url,
        MLFLOW_HTTP_REQUEST_MAX_RETRIES: "1",
        MLFLOW_DISABLE_TELEMETRY: "true",
        MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR: "false",
        HOME: folder,
      },
    });
    const seen = JSON.parse(stdout.trim().split("\n").pop() ?? "");
    expect(seen).toMatchObject({
      name: "first",
      status: "FINISHED",
      params: { trees: "200", rate: "0.1", depth: "6" },
      loss: 1 / 20,
      odd_is_nan: true,
      tags: { team: "a" },
      content: "late share 0.21\n",
      artifacts: ["config", "reports"],
      below: [["reports/report.txt", 16]],
      refused: { param: "INVALID_PARAMETER_VALUE", run: "RESOURCE_DOES_NOT_EXIST", experiment: "RESOURCE_ALREADY_EXISTS" },
      after: "the end",
      renamed: "renamed",
      runs: ["inner", "renamed"],
      inner_parent: [seen.run_id],
      experiments: ["Default", "from-python"],
    });
    expect(seen.history).toEqual(Array.from({ length: 400 }, (_, i) => [i, 0.5 + i / 1000, 1000 + i]));
  });
});
