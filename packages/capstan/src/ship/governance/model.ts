import type { Verdict } from "@capstan/contract";
import type { RiskConfig } from "@capstan/contract/config";
import type { GateView } from "@capstan/contract/operations/governance";
import type { Json } from "../../base/foundation/canonical-json.ts";

/** `release`: may it take traffic at all. `promotion`: may it take all traffic, asked once more after shadow and canary. */
export type Stage = "release" | "promotion";
export type Question = {
  project: string;
  model: string;
  version: number;
  stage: Stage;
  /** Entry that led to the question. */ because?: string | undefined;
};

/**
 * Everything that the gate looks at, gathered from the record. Null means that the record has no answer: a check that needs it is then inconclusive, never a pass.
 * Evidence is named as in lineage: `run:…`, `check:…`, `data:flights@v1`, `entry:…`.
 */
export type Facts = {
  version: { digest: string; bundle: string; runId: string | null; /** Who registered it. */ registeredBy: string | null };
  ownership: { owner: string | null; deputy: string | null; /** Null when accounts are not known to this store. */ active: boolean | null };
  purpose: { text: string; digest: string; notFor: readonly string[]; evidence: string | null } | null;
  lineage: {
    run: string;
    commit: string | null;
    dirty: boolean;
    /** Blob with the changes of a dirty tree. */
    diff: string | null;
    environment: string | null;
    data: readonly { node: string; digest: string }[];
    /** Names of those who wrote or ran what led to it. */
    authors: readonly string[];
  } | null;
  datasets:
    | readonly { node: string; columns: number | null; licence: string | null; origin: string | null; personal: string | null }[]
    | null;
  /** Newest verdict of each suite on each digest. */
  dataChecks:
    | readonly { node: string; digest: string; suite: string; verdict: Verdict; passed: number; all: number; check: string }[]
    | null;
  overlap: { rows: number; of: number; /** Named in the configuration as wanted. */ declared: boolean; evidence: string } | null;
  /** Held-out comparisons on the declared metric; a difference above 0 is better. */
  comparisons:
    | readonly {
        against: string;
        metric: string;
        difference: number;
        interval: readonly [number, number] | null;
        /** The lower end of the interval must lie above it. */ margin: number;
        evidence: string;
      }[]
    | null;
  calibration: { metric: string; value: number; bound: number | null; advisory: number | null; evidence: string } | null;
  artifact: {
    format: string;
    /** The format can run code when it is read. */ executable: boolean;
    findings: readonly string[];
    parts: readonly string[];
    /** Null without a feed of known weaknesses. */ weaknesses: readonly string[] | null;
  } | null;
  route: {
    name: string;
    logging: "strict" | "fast" | "off";
    /** Days that predictions are kept at least and at most; null is unlimited. */
    retention: { floorDays: number | null; ceilingDays: number | null };
    labels: { from: string; delayMs: number } | null;
    monitors: readonly {
      name: string;
      kinds: readonly string[];
      /** Alarms on the reference itself, as share of series and windows; null when that was never computed. */ backtest: {
        alarmShare: number;
        evidence: string;
      } | null;
    }[];
  } | null;
  incidents: {
    open: readonly { id: string; severity: number; title: string; entries: readonly string[] }[];
    overdue: readonly { id: string; title: string }[];
  } | null;
  /** Known only after shadow and canary. */
  release: {
    id: string;
    shadow: { rows: number; asked: number } | null;
    canary: { rows: number; asked: number; verdict: Verdict } | null;
    automaticRollback: boolean;
    loaded: { bundle: string; verified: boolean } | null;
  } | null;
  /** Approvals that the project asks for on top of the policy. */
  approvals: number | null;
};

/** What the record says about a question of the risk class; it counts when it is worse than the answer. */
export type RiskFindings = {
  readonly [K in keyof RiskConfig]?: {
    readonly value: NonNullable<RiskConfig[K]>;
    readonly says: string;
    readonly evidence: readonly string[];
  };
};

/** Declared here, plugged in by the program: every room that knows something of a model version. */
export type GateFacts = {
  gather(question: Question): Promise<Facts>;
  /** Answers are null when the model has none. */
  risk(project: string, model: string): Promise<{ answers: RiskConfig | null; found: RiskFindings }>;
};

export type Risk = GateView["risk"];
export type GateResult = GateView["results"][number];
/** What one predicate says. */
export type Answer = { verdict: Verdict; observed: string; bound?: string; evidence?: readonly string[] };

/** What a dossier is a digest of: evidence, not opinions about it; no time, so that the same evidence has the same digest. */
export type DossierContent = {
  readonly v: 1;
  readonly kind: "dossier";
  readonly project: string;
  readonly model: string;
  readonly version: number;
  readonly digests: { readonly [name: string]: string };
  readonly run: string | null;
  readonly data: readonly { node: string; digest: string }[];
  readonly checks: readonly {
    id: string;
    verdict: Verdict;
    observed: string | null;
    bound: string | null;
    evidence: readonly string[];
    rule: string | null;
  }[];
  readonly risk: Json;
  readonly notFor: readonly string[];
  readonly purpose: string | null;
  readonly policy: { readonly name: string; readonly digest: string };
  readonly because: string | null;
};

export const versionId = (model: string, version: number): string => `${model}@v${version}`;
