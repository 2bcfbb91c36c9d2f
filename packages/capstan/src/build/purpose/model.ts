import type { Pays, PurposeDeclaration, ValueCurve, Worth } from "@capstan/contract/operations/purpose";
import type { Caller } from "../../base/foundation/caller.ts";

export type PurposeVersion = {
  project: string;
  number: number;
  digest: string;
  declaration: PurposeDeclaration;
  entryId: string;
  declaredMs: number;
  actor: string;
};
export type KnownWorth = { worth: Worth; rowsDigest: string; entryId: string; askedMs: number };

/** Rows with truth. */
export type ValuedRows = {
  paths: readonly string[];
  name: string;
  digest: string;
  /** Column of event time; the declaration's `time` when absent. */ time?: string;
};
/** Scored rows: the truth is `positive` of the declaration, or a 0/1 column. */
export type ScoredRows = { paths: readonly string[]; name: string; score: string; truth?: string; time?: string };

export type PurposeService = {
  /** The text of the newest version again makes no new one; that of an older one does. */
  declare(project: string, declaration: PurposeDeclaration, caller: Caller): Promise<{ version: PurposeVersion; created: boolean }>;
  /** The newest, or undefined when nobody has said. */
  find(project: string): Promise<PurposeVersion | undefined>;
  versions(project: string): Promise<PurposeVersion[]>;
  /** Asks the rows and keeps the answer with the newest version (entry `purpose.valued`). */
  worth(project: string, rows: ValuedRows, caller: Caller): Promise<Worth>;
  knownWorth(project: string, number: number): Promise<KnownWorth | undefined>;
  /** What acting on scores earns, by threshold; nothing is kept. */
  valueCurve(project: string, rows: ScoredRows, options?: { threshold?: number; seed?: number }): Promise<ValueCurve>;
};

export const versionName = (number: number): string => `v${number}`;
export type { Pays, PurposeDeclaration, ValueCurve, Worth };
