import type { TestConfig } from "@capstan/contract/config";
import type { ChecksService } from "../build/checks/model.ts";
import type { SuiteRunner } from "../build/pipeline/seams.ts";

/** Judges what a step made. The same suite on the same bytes, against the same bytes, was answered before. */
export const createSuiteRunner = (checks: ChecksService): SuiteRunner => ({
  async run(ask, caller) {
    const tests = ask.config.tests as readonly TestConfig[];
    const known = (await checks.list(ask.project, { subject: ask.subject.ref, suite: ask.suite }, 20)).find(
      (set) => set.subjectDigest === ask.subject.digest && (set.against[0]?.digest ?? null) === (ask.against?.digest ?? null),
    );
    const ended =
      (known && (await checks.get(ask.project, known.id))) ??
      (await checks.run(
        {
          project: ask.project,
          suite: ask.suite,
          tests,
          subject: { kind: "step", name: ask.subject.ref, paths: [ask.subject.path], digest: ask.subject.digest },
          ...(ask.against && { against: { name: ask.against.ref, paths: [ask.against.path], digest: ask.against.digest } }),
          ...(ask.config.filter !== undefined && { filter: ask.config.filter }),
          ...(ask.because !== undefined && { because: ask.because }),
          where: tests.map((_, i) => `capstan.yaml checks.${ask.suite}.tests.${i + 1}`),
        },
        caller,
      ));
    const bad = ended.results.filter((one) => one.verdict !== "pass" && one.verdict !== "skipped");
    return {
      verdict: ended.verdict,
      run: ended.runId,
      text: `${ask.suite} on ${ask.subject.ref}: ${ended.results.length - bad.length} of ${ended.results.length} pass${bad.length > 0 ? `; ${bad.map((one) => one.detail).join("; ")}` : ""}`,
    };
  },
});
