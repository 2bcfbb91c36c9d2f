import type { Connection } from "../../connection.ts";
import type { Environment } from "../../base/foundation/environment.ts";
import type { ProjectFolder } from "../../project-folder.ts";
import type { Output } from "./output.ts";

/** What a verb is given. */
export type Context = {
  readonly environment: Environment;
  readonly cwd: string;
  /** Words after the verb. */
  readonly words: readonly string[];
  /** Words after `--`, for a verb that takes a command there; undefined without `--`. */
  readonly command: readonly string[] | undefined;
  readonly flags: Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>;
  readonly out: Output;
  text(flag: string): string | undefined;
  texts(flag: string): string[];
  on(flag: string): boolean;
  place(): ProjectFolder;
  /** Closed by the command line when the verb has ended. */
  read(): Promise<Connection>;
  write(options?: {
    port?: number;
    address?: string;
    openLoopback?: boolean;
    artifactRoot?: string;
    artifactsDestination?: string;
  }): Promise<Connection>;
  /** Aborted by the first Ctrl-C. */
  readonly interrupted: AbortSignal;
  /** What the second Ctrl-C does, for a verb that can end faster and still tidily; without it the second ends the process, as the third always does. */
  onInsist(then: () => void): void;
};
