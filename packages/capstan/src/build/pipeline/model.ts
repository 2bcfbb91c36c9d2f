import type { Place } from "./config/source.ts";

export type Scalar = string | number | boolean;
export type OutputKind = "file" | "dir" | "metrics" | "plot";

/** Where the bytes of an input come from. */
export type InputSource =
  | { kind: "data"; name: string; version: string | null }
  | { kind: "output"; step: string; output: string }
  /** Outputs of all nodes of a matrix, as one folder. */
  | { kind: "outputs"; of: readonly { step: string; output: string }[] }
  | { kind: "path"; path: string }
  | { kind: "glob"; pattern: string };
export type Input = { name: string; /** As written. */ text: string; source: InputSource; place: Place | undefined };
export type Output = { name: string; /** Relative to the project folder, without a slash at the end. */ path: string; kind: OutputKind };

/** A command in which only `${in.x}` and `${out.x}` are open; parameters and matrix values are in it. */
export type Command = { text: string; shell: string } | { argv: readonly string[] };

/** One node of the graph: a step, or one of a matrix (`train@seed=1`). */
export type StepNode = {
  id: string;
  step: string;
  matrix: Readonly<Record<string, Scalar>> | null;
  command: Command;
  /** As written, for people. */
  commandText: string;
  cwd: string;
  inputs: readonly Input[];
  outputs: readonly Output[];
  params: readonly string[];
  /** Globs, or null when code is inferred from the command. */
  code: readonly string[] | null;
  env: { lock: string | null; vars: readonly string[]; set: Readonly<Record<string, string>> };
  network: boolean;
  salt: string | null;
  sandbox: boolean;
  deterministic: boolean | null;
  when: string | null;
  resources: { cpu: number; memoryBytes: number | null };
  mutex: string | null;
  timeoutMs: number | null;
  retry: { max: number; if: readonly string[] };
  place: Place | undefined;
};

export type Graph = {
  nodes: ReadonlyMap<string, StepNode>;
  /** Node ids, each after all it needs. */
  order: readonly string[];
  needs: ReadonlyMap<string, readonly string[]>;
};

/** Value known by content: a file's SHA-256, or the digest of a folder's tree. */
export type Content = { form: "file" | "tree"; digest: string; sizeBytes: number };

/**
 * Everything that decides a step's result, in words: the step key is its digest, a reason is the difference of two.
 * Never in it: outputs' digests, times, hosts, resources, retries, absolute paths.
 */
export type StepFacts = {
  command: string;
  cwd: string;
  inputs: readonly { name: string; path: string; form: "file" | "tree"; digest: string; from: string }[];
  params: readonly (readonly [name: string, json: string])[];
  code: readonly { path: string; digest: string }[];
  env: {
    lock: { file: string; digest: string } | null;
    interpreter: string | null;
    platform: string;
    vars: readonly (readonly [name: string, value: string])[];
  };
  outputs: readonly Output[];
  network: boolean;
  salt: string | null;
};

export type MadeOutput = Output & Content;

/** What one step key led to. */
export type ActionResult = {
  stepKey: string;
  /** Digest of the facts without the digests of inputs from other steps. */
  baseKey: string;
  step: string;
  /** Tracking run of the step and number of the pipeline run that made it. */
  stepRun: string;
  pipelineRun: string;
  number: number;
  outputs: readonly MadeOutput[];
  metrics: Readonly<Record<string, number>>;
  facts: StepFacts;
  seconds: number;
  madeMs: number;
};
