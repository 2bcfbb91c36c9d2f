import type { checksOperations, ResultSet as ResultSetOut, SubjectKind } from "@capstan/contract/operations/checks";
import { toTime } from "../../base/foundation/clock.ts";
import type { Handlers } from "../../base/foundation/caller.ts";
import type { Against, ChecksService, ResultSet, Subject, SuiteRun } from "./model.ts";

const historyLength = 30;

/** Where an operation finds what a request only names: suites of the project's file, bytes behind references. */
export type SuiteSource = {
  /** The suites of the project's file. */
  declared(
    project: string,
  ): Promise<readonly { suite: string; subjectKind: SubjectKind; for: string; against: string | null; tests: number }[]>;
  /** One of them with the bytes it is about as they are now, or of that model version; fails when there is none. */
  suite(project: string, name: string, version?: number): Promise<Omit<SuiteRun, "project" | "suite" | "because">>;
  subject(project: string, reference: string): Promise<Subject>;
  against(project: string, reference: string): Promise<Against>;
};

export const checksHandlers = (service: ChecksService, source: SuiteSource): Handlers<typeof checksOperations> => ({
  async "checks.suites"({ project }) {
    const suites = await Promise.all(
      (await service.suites(project)).map(async ({ suite, runs }) => {
        const sets = await service.list(project, { suite }, historyLength);
        const results = await service.results(
          project,
          sets.map((set) => set.id),
        );
        const tests = new Map<
          string,
          { id: string; kind: string; title: string; history: { set: string; verdict: ResultSet["verdict"] }[] }
        >();
        for (const set of sets) {
          for (const result of results.get(set.id) ?? []) {
            const test = tests.get(result.id) ?? { id: result.id, kind: result.kind, title: result.title, history: [] };
            tests.set(result.id, test);
            test.history.push({ set: set.id, verdict: result.verdict });
          }
        }
        return sets.slice(0, 1).map((last) => ({
          suite,
          subjectKind: last.subjectKind,
          verdict: last.verdict,
          last: setOut(last),
          runs,
          tests: [...tests.values()],
        }));
      }),
    );
    return { suites: suites.flat() };
  },
  async "checks.declared"({ project }) {
    return { suites: [...(await source.declared(project))] };
  },
  async "checks.runDeclared"({ project, suite, version, because }, caller) {
    const ended = await service.run(
      { ...(await source.suite(project, suite, version)), project, suite, ...(because !== undefined && { because }) },
      caller,
    );
    return { ...setOut(ended), results: [...ended.results] };
  },
  async "checks.list"({ project, subject, suite, digest, run, limit, cursor }) {
    const sets = await service.list(project, { subject, suite, digests: digest, run }, limit + 1, cursor);
    return { sets: sets.slice(0, limit).map(setOut), next: sets.length > limit ? (sets[limit - 1]?.id ?? null) : null };
  },
  async "checks.result"({ project, set }) {
    const ended = await service.get(project, set);
    return { ...setOut(ended), results: [...ended.results] };
  },
  async "checks.run"({ project, suite, tests, subject, against, filter }, caller) {
    const declared = tests === undefined || subject === undefined ? await source.suite(project, suite) : undefined;
    const asked = subject === undefined ? declared?.subject : await source.subject(project, subject);
    const compared = against === undefined ? declared?.against : await source.against(project, against);
    const ended = await service.run(
      {
        ...declared,
        project,
        suite,
        tests: tests === undefined ? (declared?.tests ?? []) : (await import("./written-tests.ts")).parseTests(tests, suite),
        subject: asked ?? (await source.subject(project, suite)),
        ...(compared && { against: compared }),
        ...(filter !== undefined && { filter }),
      },
      caller,
    );
    return { ...setOut(ended), results: [...ended.results] };
  },
});

const setOut = (set: ResultSet): ResultSetOut => ({
  id: set.id,
  suite: set.suite,
  subject: set.subject,
  subjectKind: set.subjectKind,
  subjectDigest: set.subjectDigest,
  against: set.against,
  verdict: set.verdict,
  counts: set.counts,
  run: set.runId,
  entry: set.entryId,
  because: set.because,
  startedAt: toTime(set.startedMs),
  seconds: set.seconds,
  actor: set.actor,
});
