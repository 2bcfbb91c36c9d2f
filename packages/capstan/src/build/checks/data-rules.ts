import { goesForward, type CheckResult, worstVerdict } from "@capstan/contract";
import type { TestConfig } from "@capstan/contract/config";
import type { DataRules } from "../data/model.ts";
import type { ChecksService } from "./model.ts";

export type DatasetSuite = {
  suite: string;
  tests: readonly TestConfig[];
  where?: readonly (string | null)[];
  filter?: string;
  /** `report` records the verdict and lets the data pass. */ whenFailing: "refuse" | "report";
};

/** The suites of a project that are `for: data:NAME`, run before a version gets its number. */
export const createDataRules = (
  checks: ChecksService,
  suitesOf: (project: string, dataset: string) => Promise<readonly DatasetSuite[]>,
): DataRules => ({
  async judge(offer, caller, because) {
    const suites = await suitesOf(offer.project, offer.dataset);
    const results: CheckResult[] = [];
    let last: { suite: string; resultSet: string; entryId: string } | undefined;
    let verdict = worstVerdict([]);
    for (const suite of suites) {
      const ended = await checks.run(
        {
          project: offer.project,
          suite: suite.suite,
          tests: suite.tests,
          subject: { kind: "data", name: `data:${offer.dataset}`, paths: offer.source.paths, digest: offer.digest },
          ...(suite.where && { where: suite.where }),
          ...(suite.filter !== undefined && { filter: suite.filter }),
          ...(because !== undefined && { because }),
        },
        caller,
      );
      results.push(...ended.results);
      last = { suite: suite.suite, resultSet: ended.id, entryId: ended.entryId };
      const counted = !goesForward(ended.verdict) && suite.whenFailing === "report" ? "warn" : ended.verdict;
      verdict = worstVerdict([verdict, counted]);
      if (!goesForward(counted)) return { ...last, verdict: counted, results: ended.results };
    }
    return last && { ...last, verdict, results };
  },
});
