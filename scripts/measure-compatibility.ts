import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs, promisify } from "node:util";
import { makeProject } from "../tests/testing/project.ts";
import { type ClientOutcome, type Compatibility, readCompatibility, resultPath, type SuiteOutcome } from "./compatibility.ts";
import { compatibilityPage, pagePath } from "./generate-compatibility.ts";
import { root } from "./tasks.ts";

/**
 * Runs MLflow's own clients against a host of a new project, and notes what came of it:
 * `node scripts/measure-compatibility.ts --python PYTHON… [--suites RESULT.json]`, each PYTHON with another release of MLflow,
 * RESULT.json being what the harness of MLflow's suites writes.
 */
const { values } = parseArgs({ options: { python: { type: "string", multiple: true }, suites: { type: "string" } } });
const before = readCompatibility();

async function ofClients(pythons: readonly string[]): Promise<ClientOutcome[]> {
  const home = mkdtempSync(join(tmpdir(), "capstan-clients-"));
  const found: ClientOutcome[] = [];
  try {
    for (const python of pythons) {
      const project = makeProject();
      try {
        const { port } = await project.host();
        const { stdout, stderr } = await promisify(execFile)(
          python,
          [`${root}tests/interop/clients/checks.py`, `http://127.0.0.1:${port}`],
          {
            timeout: 900_000,
            maxBuffer: 64 << 20,
            env: { PATH: process.env["PATH"], HOME: home, MLFLOW_DISABLE_TELEMETRY: "true", MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR: "false" },
          },
        );
        const one = JSON.parse(stdout.trim().split("\n").pop() ?? "") as ClientOutcome;
        const failed = one.outcomes.filter((each) => each.passed === false);
        console.log(`${one.client} ${one.version}: ${one.outcomes.filter((each) => each.passed).length} passed, ${failed.length} failed`);
        if (failed.length > 0) console.error(stderr);
        found.push(one);
      } finally {
        await project.close();
      }
    }
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
  return found;
}

function ofSuites(path: string): SuiteOutcome {
  const { commit, total, applicable, areas, failing } = JSON.parse(readFileSync(path, "utf8")) as Omit<SuiteOutcome, "failing"> & {
    failing: { id: string }[];
  };
  return { commit, applicable, total, areas, failing: failing.map((one) => one.id) };
}

const measured: Compatibility = {
  day: new Date().toISOString().slice(0, 10),
  clients: values.python ? await ofClients(values.python) : before.clients,
  suites: values.suites === undefined ? before.suites : ofSuites(values.suites),
};
writeFileSync(resultPath, `${JSON.stringify(measured, null, 2)}\n`);
writeFileSync(pagePath, compatibilityPage(measured));
