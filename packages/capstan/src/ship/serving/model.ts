import type { Values } from "../../build/inference/model.ts";

export type ArmName = "live" | "canary" | "shadow";

/** One bundle behind a route with a share of its traffic; a shadow's share is 0. Names the bytes, so that it can be loaded without asking anyone. */
export type ArmSpec = {
  readonly arm: ArmName;
  readonly model: string;
  readonly number: number;
  readonly digest: string;
  readonly bundle: string;
  readonly share: number;
  /** Range of the outputs by name; an answer outside is a failure of the arm. */
  readonly ranges: Readonly<Record<string, readonly [number, number]>>;
  readonly sinceMs: number;
};

/** What a route serves from this epoch on. Epochs are numbered through the whole store. */
export type RouteTable = {
  readonly project: string;
  readonly route: string;
  readonly epoch: number;
  readonly arms: readonly ArmSpec[];
  /** What was live before: loaded, and where a rollback leads. */
  readonly back: ArmSpec | null;
  /** Keeps assignment apart between releases. */
  readonly salt: string;
  readonly release: string | null;
  readonly reason: string;
  readonly atMs: number;
  readonly entryId: string | null;
};

export type LogMode = "strict" | "fast";
export type Fallback = "previous" | { readonly constant: number };

export type RouteSettings = {
  readonly project: string;
  readonly route: string;
  readonly model: string;
  /** Name of the business key that callers send, for people. */
  readonly key: string | null;
  readonly log: LogMode;
  readonly answerWithinMs: number;
  readonly fallback: readonly Fallback[];
};

/** Bits of a logged row. */
export const flag = { unkeyed: 1, fallback: 2, pinned: 4, constant: 8 } as const;
export const flagNames = (flags: number): string[] => Object.entries(flag).flatMap(([name, bit]) => (flags & bit ? [name] : []));

/** Rows of one request that one arm answered, as the log takes them. */
export type LoggedRows = {
  readonly table: RouteTable;
  readonly arm: ArmSpec;
  readonly caller: string;
  readonly use: string | null;
  readonly rows: number;
  readonly receivedMs: number;
  readonly latencyUs: number;
  readonly flags: number;
  readonly observedMs: readonly number[] | Float64Array;
  readonly keys: readonly string[] | null;
  /** By input and output name, in the order of the signature. */
  readonly features: readonly (readonly [string, ArrayLike<unknown>])[];
  readonly outputs: readonly (readonly [string, ArrayLike<unknown>])[];
};

/** What a release is told of traffic, on the turn of the reply. */
export type RouteObserver = {
  /** `failed`: the arm did not answer and another did, or nobody. Pinned requests are not reported. */
  answered(event: {
    readonly arm: "live" | "canary";
    readonly rows: number;
    readonly failed: boolean;
    readonly invalid: boolean;
    readonly latencyUs: number;
    readonly scores: Values | null;
    readonly share: number;
  }): void;
  /** The same rows by both; null when only the shadow failed. */
  shadowed(event: { readonly rows: number; readonly live: Values; readonly shadow: Values | null; readonly latencyUs: number }): void;
  /** A client got an error although every fallback was tried. */
  unanswered(): void;
};

export type Segment = {
  readonly project: string;
  readonly route: string;
  readonly id: string;
  readonly rows: number;
  readonly digest: string;
  readonly sizeBytes: number;
  readonly firstObservedMs: number;
  readonly lastObservedMs: number;
  readonly openedMs: number;
  readonly closedMs: number;
  readonly entryId: string;
};

export type Label = { readonly key: string; readonly value: number; readonly observedMs: number };

/** The table engine, as far as this room needs it. */
export type TableEngine = { all<T>(sql: string): Promise<T[]> };

export type Prediction = {
  readonly id: string;
  readonly observedMs: number;
  readonly receivedMs: number;
  readonly epoch: number;
  readonly model: string;
  readonly version: number;
  readonly arm: string;
  readonly key: string | null;
  readonly use: string | null;
  readonly caller: string;
  readonly features: Readonly<Record<string, unknown>>;
  readonly outputs: Readonly<Record<string, unknown>>;
  readonly latencyUs: number;
  readonly flags: number;
};

export type PredictionFilter = {
  readonly key?: string;
  readonly use?: string;
  readonly version?: number;
  readonly fromMs?: number;
  readonly untilMs?: number;
};
