import type { ModelConfig, SuiteConfig, Verdict } from "@capstan/contract";
import type { Caller } from "../../base/foundation/caller.ts";

/** What later or neighbouring rooms do for a pipeline run. All are optional: without them steps run all the same. */

/** Tokens with which a step logs. Bound to the step's run: what is created with one becomes a child of it. */
export type AttemptTokens = {
  issue(ask: { project: string; run: string; ttlMs: number }): Promise<string>;
  /** The step has ended: its tokens are worth nothing any more. */
  revoke(run: string): Promise<void>;
};

/** What the clients of a step laid aside in a folder while no host was there. */
export type SpooledLogs = {
  /** Takes it as if the step's run had sent it now; what was taken before is not taken again. Gives what was refused, in words. */
  take(folder: string, of: { project: string; run: string }): Promise<{ requests: number; refusals: readonly string[] }>;
};

/** Bytes of an output, or of a dataset version, in the store. */
export type Subject = {
  ref: string;
  /** Path as declared, for its ending. */ name: string;
  form: "file" | "tree";
  digest: string;
  /** For reading only. */ path: string;
};

export type SuiteRunner = {
  /** Judges an output. The same suite on the same bytes may be answered from what was found before. */
  run(
    ask: {
      project: string;
      suite: string;
      config: SuiteConfig;
      subject: Subject;
      against: Subject | null;
      pipelineRun: string;
      stepRun: string | null;
      because?: string;
    },
    caller: Caller,
  ): Promise<{ verdict: Verdict; /** One line for people. */ text: string; run: string | null }>;
};

export type ModelSink = {
  /** An output that a model is `from:`. The same digest twice is the same version; null when nothing was registered. */
  offer(
    ask: {
      project: string;
      model: string;
      config: ModelConfig;
      pipelineRun: string;
      step: { name: string; run: string; key: string };
      output: Subject & { sizeBytes: number };
      /** Declared parameters of the step, dotted names. */
      params: Readonly<Record<string, string>>;
      because?: string;
    },
    caller: Caller,
  ): Promise<{ version: number | null; text: string }>;
};
