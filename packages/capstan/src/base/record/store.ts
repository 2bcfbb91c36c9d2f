import type { Clock } from "../foundation/clock.ts";
import type { Events } from "../foundation/events.ts";
import type { Ids } from "../foundation/ids.ts";
import type { Log } from "../foundation/log.ts";
import type { BlobStore } from "../storage/blob-store.ts";
import type { Database } from "../storage/database.ts";
import type { Recorder } from "./model.ts";

/** What live views are told: an entity and that it changed. `kind:id` as in lineage. */
export type StoreEvents = {
  changed: { project: string; kind: string; id: string };
  /** Counted progress of a run. */
  progress: { project: string; run: string; done: number; total: number | null; unit: string };
  entry: { id: string; action: string; project: string; subject: { type: string; id: string } };
};

/** One database and its blobs, ledger included: what every room is built on. */
export type Store = {
  /** Origin of its ledger is `capstan/<id>`. */
  readonly id: string;
  /** The store's folder, `.capstan`. */
  readonly folder: string;
  readonly database: Database;
  readonly blobs: BlobStore;
  readonly recorder: Recorder;
  readonly events: Events<StoreEvents>;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
};
