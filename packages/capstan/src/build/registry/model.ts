import type { CheckResult, Verdict } from "@capstan/contract";
import type { Json } from "../../base/foundation/canonical-json.ts";
import type { Caller } from "../../base/foundation/caller.ts";
import type { Change } from "../../base/storage/database.ts";
import type { Signature } from "../inference/model.ts";

type Flags = Readonly<Record<string, string | number | boolean>>;

/** What is served as one; its canonical JSON is hashed. */
export type BundleParts = {
  readonly model: string;
  /** Digest of the code that computes features, when the pipeline knows it. */
  readonly features: string | null;
  readonly schema: string;
  /** `decision`, and `<output>.min` and `<output>.max`: the range that an output may have. */
  readonly thresholds: Readonly<Record<string, number>>;
  readonly flags: Flags;
};

/** A verdict that the maker of a version brings with it. */
type BroughtCheck = {
  readonly suite: string;
  readonly verdict: Verdict;
  readonly run: string | null;
  readonly entry: string | null;
  readonly results?: readonly CheckResult[];
};

export type NewVersion = {
  readonly project: string;
  readonly model: string;
  /** Blob that the store holds. */
  readonly digest: string;
  readonly runId?: string;
  readonly step?: string;
  readonly params?: { readonly [key: string]: Json };
  readonly metrics?: Readonly<Record<string, number>>;
  readonly checks?: readonly BroughtCheck[];
  readonly features?: string;
  readonly thresholds?: Readonly<Record<string, number>>;
  readonly flags?: Flags;
  /** Why, in a person's words. */
  readonly reason?: string;
  /** Entry that led to it. */
  readonly because?: string;
};

/** Labels without effect on traffic, as in MLflow. */
export const stages = ["None", "Staging", "Production", "Archived"] as const;
export type Stage = (typeof stages)[number];

/** What clients of MLflow state about a version. */
export type VersionLabel = {
  readonly description: string | null;
  readonly stage: Stage;
  /** Where the client said it came from, and where its bytes can be loaded from. */
  readonly source: string | null;
  readonly location: string | null;
  /** The run that the client named, known here or not. */
  readonly statedRun: string | null;
  readonly runLink: string | null;
  /** Id of the logged model that became this version. */
  readonly loggedModel: string | null;
  readonly updatedMs: number;
};

export type ModelVersion = {
  readonly project: string;
  readonly model: string;
  readonly number: number;
  /** `file`: one servable file, whose bytes are its identity. `artifacts`: what a client of MLflow registered; the digest is that of its list of files, or of its ONNX file when it has one. */
  readonly form: "file" | "artifacts";
  readonly digest: string;
  readonly sizeBytes: number;
  readonly runId: string | null;
  readonly step: string | null;
  readonly params: { readonly [key: string]: Json };
  readonly metrics: Readonly<Record<string, number>>;
  readonly checks: readonly BroughtCheck[];
  readonly signature: Signature;
  readonly bundle: string;
  readonly bundleParts: BundleParts;
  readonly entryId: string;
  readonly createdMs: number;
  readonly label: VersionLabel;
};

/** A named series of versions; it may have none yet. */
export type Model = {
  readonly project: string;
  readonly name: string;
  readonly description: string | null;
  /** Number of the newest version that there ever was: none is given twice. */
  readonly lastNumber: number;
  readonly createdMs: number;
  readonly updatedMs: number;
};

/** What happened in the registry, for whoever listens outside. */
export type Notice = { readonly entity: string; readonly action: string; readonly data: { readonly [key: string]: Json } };
/** Makes the statements that tell others of a change, for the change itself: it happens and is told, or neither. */
export type Announcer = {
  statements(project: string, notices: readonly Notice[]): Promise<Change>;
  /** Called when such a change is durable. */
  told(): void;
};

export type Alias = { readonly model: string; readonly alias: string; readonly number: number; readonly atMs: number };
/** Which version a route has answered with for everyone since when. */
export type Live = {
  readonly model: string;
  readonly route: string;
  readonly number: number;
  readonly sinceMs: number;
  readonly entryId: string;
};

export type Registered = {
  readonly version: ModelVersion;
  /** False when these bytes had their number already. */ readonly created: boolean;
};

/** A file of a logged model: its path below the model's folder. */
export type ModelFile = { readonly path: string; readonly digest: string; readonly sizeBytes: number };

/** A version as clients of MLflow make one: a folder of files, wherever it lies. */
export type NewArtifacts = {
  readonly project: string;
  readonly model: string;
  readonly label: Omit<VersionLabel, "stage" | "updatedMs">;
  readonly tags: Readonly<Record<string, string>>;
  /** Files that the store has of it; none when it lies elsewhere. */
  readonly files: readonly ModelFile[];
  /** The stated run, when it is one of ours. */
  readonly runId: string | null;
  readonly copyOf?: { readonly model: string; readonly number: number };
};

export type RegistryService = {
  register(version: NewVersion, caller: Caller): Promise<Registered>;
  /** The model must exist. Every call makes a version, whatever its bytes. */
  registerArtifacts(version: NewArtifacts, caller: Caller): Promise<ModelVersion>;
  setAlias(
    change: { project: string; model: string; alias: string; ref: string | null; reason?: string; because?: string },
    caller: Caller,
  ): Promise<{ number: number | null; before: number | null; entryId: string }>;
  /** `v3`, `3`, `latest`, `live`, an alias, or 6 and more digits of a digest. Fails with CAP-NOT-FOUND-001. */
  get(project: string, model: string, ref: string): Promise<ModelVersion>;
  find(project: string, model: string, ref: string): Promise<ModelVersion | undefined>;
  /** All versions of a model, newest first. */
  versions(project: string, model: string): Promise<ModelVersion[]>;
  models(project: string): Promise<string[]>;
  aliases(project: string, model?: string): Promise<Alias[]>;
  live(project: string, model?: string): Promise<Live[]>;
};

export const versionName = (number: number): string => `v${number}`;
/** The id of its lineage node, and of entries about it (`model` plus this without the kind). */
export const versionId = (model: string, number: number): string => `${model}@v${number}`;
export const versionNode = (model: string, number: number): string => `model:${versionId(model, number)}`;
