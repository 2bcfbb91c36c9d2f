import type { SuiteConfig, TestConfig } from "@capstan/contract/config";
import { CapstanError } from "../base/foundation/errors.ts";
import type { Store } from "../base/record/store.ts";
import type { Analytics } from "../build/data/analytics.ts";
import { type DataService, versionNode } from "../build/data/model.ts";
import { detectFormat, isTable } from "../build/data/table.ts";
import type { DatasetSuite } from "../build/checks/data-rules.ts";
import type { Against, Subject } from "../build/checks/model.ts";
import type { SuiteSource } from "../build/checks/operations.ts";
import type { ProjectFile } from "../build/pipeline/config/project-file.ts";
import { type ModelVersion, versionNode as modelNode } from "../build/registry/model.ts";
import type { RegistryService } from "../build/registry/model.ts";
import { withChampion } from "./champion-scores.ts";
import type { StepOutputs } from "./step-outputs.ts";

export type SuiteSourceDeps = {
  store: Store;
  projectFile(): Promise<ProjectFile>;
  project: string;
  data: DataService;
  registry: RegistryService;
  analytics: Analytics;
  outputs: StepOutputs;
};

/** Suites of capstan.yaml with the bytes behind the references in them. */
export function createSuiteSource(
  deps: SuiteSourceDeps,
): SuiteSource & { ofDataset(project: string, dataset: string): Promise<readonly DatasetSuite[]> } {
  const { store, data, registry, outputs } = deps;
  const suites = async (project: string): Promise<Record<string, SuiteConfig>> =>
    project === deps.project ? ((await deps.projectFile()).config.checks ?? {}) : {};
  const suiteOf = async (project: string, name: string): Promise<SuiteConfig> => {
    const found = (await suites(project))[name];
    if (!found) throw new CapstanError("CAP-NOT-FOUND-001", { noun: "suite", name });
    return found;
  };
  const forOf = (suite: SuiteConfig): string => String(suite.for);
  const againstOf = (suite: SuiteConfig): string | undefined => (suite.against === undefined ? undefined : String(suite.against));
  const where = (name: string, suite: SuiteConfig): string[] => suite.tests.map((_, i) => `capstan.yaml checks.${name}.tests.${i + 1}`);

  async function bytesOf(project: string, reference: string, version: ModelVersion | undefined): Promise<Against & { digest: string }> {
    if (reference.startsWith("data:")) {
      const { version: found, source } = await data.resolve(project, reference);
      if (!source) throw new CapstanError("CAP-CHECK-005", { subject: reference, problem: "it is no table" });
      return { name: versionNode(found.dataset, found.number), ...source, digest: found.digest };
    }
    const made = (version ? await outputs.ofVersion(version) : await outputs.latest(project)).get(reference);
    if (!made) throw new CapstanError("CAP-NOT-FOUND-001", { noun: "output", name: reference });
    const path = await store.blobs.localPath(made.digest);
    const format = await detectFormat(path, made.path);
    return { name: reference, paths: [path], digest: made.digest, ...(isTable(format) && { format }) };
  }

  return {
    async declared(project) {
      return Object.entries(await suites(project)).map(([suite, one]) => ({
        suite,
        subjectKind: kindOf(forOf(one)),
        for: forOf(one),
        against: againstOf(one) ?? null,
        tests: one.tests.length,
      }));
    },
    async suite(project, name, number) {
      const suite = await suiteOf(project, name);
      const kind = kindOf(forOf(suite));
      const model =
        kind === "model"
          ? forOf(suite)
              .replace(/^model:/, "")
              .replace(/@.*$/, "")
          : undefined;
      const version = model !== undefined ? await registry.get(project, model, number === undefined ? "latest" : `v${number}`) : undefined;
      const against = againstOf(suite);
      let rows = against === undefined ? undefined : await bytesOf(project, against, version);
      const subject: Subject = version
        ? { kind: "model", name: modelNode(version.model, version.number), digest: version.digest }
        : { kind, ...(await bytesOf(project, forOf(suite), undefined)) };
      const columns = {
        ...(suite.truth !== undefined && { truth: suite.truth }),
        ...(suite.score !== undefined && { score: suite.score }),
        ...(suite.baseline !== undefined && { baseline: suite.baseline }),
      };
      if (version && rows && suite.tests.some((test) => test.kind === "metric_vs_champion")) rows = await withChampion(deps, version, rows);
      return {
        tests: suite.tests as readonly TestConfig[],
        subject,
        ...(rows && { against: rows }),
        columns,
        where: where(name, suite),
        ...(suite.filter !== undefined && { filter: suite.filter }),
      };
    },
    async subject(project, reference) {
      const kind = kindOf(reference);
      if (kind === "model") {
        const version = await registry.get(project, reference.slice(6).replace(/@.*$/, ""), reference.split("@")[1] ?? "latest");
        return { kind, name: modelNode(version.model, version.number), digest: version.digest };
      }
      return { kind, ...(await bytesOf(project, reference, undefined)) };
    },
    against: (project, reference): Promise<Against> => bytesOf(project, reference, undefined),
    async ofDataset(project, dataset) {
      return Object.entries(await suites(project))
        .filter(([, suite]) => forOf(suite) === `data:${dataset}`)
        .map(([name, suite]) => ({
          suite: name,
          tests: suite.tests as readonly TestConfig[],
          where: where(name, suite),
          ...(suite.filter !== undefined && { filter: suite.filter }),
          whenFailing: suite.when_failing === "report" ? "report" : "refuse",
        }));
    },
  };
}

const kindOf = (reference: string): Subject["kind"] =>
  reference.startsWith("data:") ? "data" : reference.startsWith("model:") ? "model" : reference.startsWith("step:") ? "step" : "file";
