import type { CheckResult, Verdict } from "@capstan/contract";
import type { ColumnProfile } from "@capstan/contract/operations/data";
import type { Caller } from "../../base/foundation/caller.ts";
import type { ColumnSchema } from "./profile.ts";
import type { Format, TableSource } from "./table.ts";

/** What a person says of data, because bytes do not. */
export type Declared = {
  time?: string | undefined;
  licence?: string | undefined;
  origin?: string | undefined;
  personal?: string | undefined;
};

export type DatasetVersion = {
  project: string;
  dataset: string;
  number: number;
  /** Blob of a file, root of a tree. */
  digest: string;
  form: "file" | "tree";
  format: Format;
  rows: number | null;
  sizeBytes: number;
  columns: ColumnSchema[];
  profile: ColumnProfile[];
  origin: string | null;
  licence: string | null;
  personal: string | null;
  time: { column: string; fromMs: number; toMs: number } | null;
  verdict: Verdict;
  actor: string;
  entryId: string;
  addedMs: number;
};

export type Refusal = {
  dataset: string;
  entryId: string;
  digest: string;
  sizeBytes: number;
  verdict: Verdict;
  resultSet: string | null;
  actor: string;
  atMs: number;
};

export type NewData = {
  project: string;
  name: string;
  /** Absolute path of a file or folder on this machine. */ path: string;
  declared?: Declared;
  because?: string;
};
export type Added = { version: DatasetVersion; created: boolean; results: readonly CheckResult[] };

/** Bytes that want to become a version. */
export type Offer = {
  project: string;
  dataset: string;
  digest: string;
  source: TableSource;
  rows: number;
  columns: readonly ColumnSchema[];
  /** Column of event time, when declared. */
  time: string | null;
  previous: { number: number; digest: string } | null;
};
export type RulesOutcome = { suite: string; verdict: Verdict; results: readonly CheckResult[]; resultSet: string; entryId: string };

/** What must hold before bytes become a version; implemented by a later room. Undefined when the dataset has no rules. */
export type DataRules = { judge(offer: Offer, caller: Caller, because?: string): Promise<RulesOutcome | undefined> };

export type Located = {
  version: DatasetVersion;
  source: TableSource | null;
  /** Local path of the file, or of the folder's copy. */ path: string;
};

export type DataService = {
  /** The same bytes are the same version. Refused by rules: CAP-DATA-014, nothing kept but the verdict. */
  add(data: NewData, caller: Caller): Promise<Added>;
  /** `v3`, `latest`, or six or more digits of a digest. */
  find(project: string, dataset: string, ref: string): Promise<DatasetVersion | undefined>;
  get(project: string, dataset: string, ref: string): Promise<DatasetVersion>;
  versions(project: string, dataset: string): Promise<DatasetVersion[]>;
  datasets(project: string): Promise<string[]>;
  refusals(project: string, dataset: string): Promise<Refusal[]>;
  /** `data:flights@v1`, `flights@latest`, `flights`. */
  resolve(project: string, ref: string): Promise<Located>;
  /** A page of rows in file order. */
  rows(version: DatasetVersion, offset: number, limit: number): Promise<{ columns: ColumnSchema[]; rows: unknown[][]; total: number }>;
};

export const versionName = (number: number): string => `v${number}`;
export const versionNode = (dataset: string, number: number): string => `data:${dataset}@v${number}`;
