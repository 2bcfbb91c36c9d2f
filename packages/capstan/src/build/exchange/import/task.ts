import type { Caller } from "../../../base/foundation/caller.ts";
import type { Store } from "../../../base/record/store.ts";
import type { Registry } from "../../registry/service.ts";
import type { TrackingService } from "../../tracking/service.ts";
import type { MlflowSource } from "../model.ts";
import type { Tally } from "./tally.ts";

/** One import, for all of its parts. */
export type ImportTask = {
  readonly store: Store;
  readonly tracking: TrackingService;
  readonly registry: Registry;
  readonly source: MlflowSource;
  readonly project: string;
  /** Looks only. */
  readonly plan: boolean;
  /** Reads what the source says is unchanged, too. */
  readonly again: boolean;
  readonly tally: Tally;
  readonly signal: AbortSignal;
  /** The caller, with `because` naming the entry that began the import; the entry is made by the first thing that is new. */
  writer(): Promise<Caller>;
  /** Digests of what was compared, for the one over all. */
  readonly digests: string[];
  /** Ids of experiments at the source, and here. */
  readonly experiments: Map<string, string>;
  tell(phase: string): void;
};
