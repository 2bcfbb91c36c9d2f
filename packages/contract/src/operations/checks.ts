import { z } from "zod";
import { operation } from "../operation.ts";
import { many, runId } from "./tracking.ts";
import { checkResult, digest, paged, project, time, verdict } from "../shapes.ts";

export const subjectKind = z.enum(["data", "step", "model", "file"]);
export type SubjectKind = z.output<typeof subjectKind>;

/** One run of one suite over one subject. */
export const resultSet = z.object({
  id: z.string(),
  suite: z.string(),
  /** `data:flights@v1`, `step:prepare.test`, `model:late-arrival@v2`. */
  subject: z.string(),
  subjectKind,
  subjectDigest: digest.nullable(),
  against: z.array(z.object({ name: z.string(), digest: digest.nullable() })),
  verdict,
  counts: z.record(verdict, z.number().int()),
  run: z.string().nullable(),
  entry: z.string(),
  because: z.string().nullable(),
  startedAt: time,
  seconds: z.number(),
  actor: z.string(),
});
export type ResultSet = z.output<typeof resultSet>;

export const checksOperations = {
  "checks.suites": operation({
    method: "GET",
    path: "/p/{project}/checks/suites",
    capability: "read",
    input: project,
    output: z.object({
      suites: z.array(
        z.object({
          suite: z.string(),
          subjectKind,
          verdict,
          last: resultSet,
          runs: z.number().int(),
          /** A row is a test and its history, newest first, at most 30 result sets. */
          tests: z.array(
            z.object({ id: z.string(), kind: z.string(), title: z.string(), history: z.array(z.object({ set: z.string(), verdict })) }),
          ),
        }),
      ),
    }),
    text: "Suites with the history of their tests.",
  }),
  "checks.declared": operation({
    method: "GET",
    path: "/p/{project}/checks/declared",
    capability: "read",
    input: project,
    output: z.object({
      suites: z.array(
        z.object({ suite: z.string(), subjectKind, for: z.string(), against: z.string().nullable(), tests: z.number().int() }),
      ),
    }),
    text: "Suites that capstan.yaml declares.",
  }),
  "checks.runDeclared": operation({
    method: "POST",
    path: "/p/{project}/checks/declared/{suite}/run",
    capability: "run",
    input: project.extend({
      suite: z.string(),
      /** A model version; the newest unless said. */ version: z.coerce.number().int().optional(),
      because: z.string().optional(),
    }),
    output: z.object({ ...resultSet.shape, results: z.array(checkResult) }),
    text: "Runs a declared suite on what it is for, as it is now.",
  }),
  "checks.list": operation({
    method: "GET",
    path: "/p/{project}/checks",
    capability: "read",
    input: project.extend({
      /** A subject, or its beginning such as `data:flights`. */
      subject: z.string().optional(),
      suite: z.string().optional(),
      /** About any of these contents. */
      digest: many(200).pipe(z.array(digest).max(200)).optional(),
      /** The run that a suite was, or with `digest`: that, too. */
      run: runId.optional(),
      ...paged,
    }),
    output: z.object({ sets: z.array(resultSet), next: z.string().nullable() }),
    text: "Result sets, newest first.",
  }),
  "checks.result": operation({
    method: "GET",
    path: "/p/{project}/checks/{set}",
    capability: "read",
    input: project.extend({ set: z.string() }),
    output: z.object({ ...resultSet.shape, results: z.array(checkResult) }),
    text: "One result set: observed against bound, interval, rows and failing samples of each test.",
  }),
  "checks.run": operation({
    method: "POST",
    path: "/p/{project}/checks",
    capability: "run",
    input: project.extend({
      suite: z.string().min(1),
      /** The tests as in capstan.yaml; the suite of the project's file when left out. */
      tests: z.array(z.record(z.string(), z.unknown())).optional(),
      /** A reference that names bytes: `data:flights@v1`, or a file on the host's machine. */
      subject: z.string().optional(),
      against: z.string().optional(),
      filter: z.string().optional(),
    }),
    output: z.object({ ...resultSet.shape, results: z.array(checkResult) }),
    text: "Runs a suite now. Inconclusive never counts as a pass.",
  }),
};
