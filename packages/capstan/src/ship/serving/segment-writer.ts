import { fdatasync, openSync, closeSync, writev } from "node:fs";
import { CapstanError } from "../../base/foundation/errors.ts";
import { storageError } from "../../base/storage/folder-blobs.ts";
import { magic } from "./segment-format.ts";

/** Bytes that may wait for a disk that fails; beyond, the route stops answering. */
const pendingLimitBytes = 64 << 20;
/** A fast route's rows are on disk at most this long after the reply, milliseconds. */
const fastDelayMs = 4;
const retryMs = 500;

type Waiter = (error: CapstanError | undefined) => void;

/**
 * Appends frames to one file. Frames of a turn are written and synced together; at most one sync is under way.
 * A write that fails is repeated at the same place until it succeeds, so the order of frames never changes and none is lost.
 */
export type SegmentWriter = {
  readonly path: string;
  readonly sizeBytes: number;
  /** Why nothing can be written at the moment. */
  readonly problem: string | undefined;
  /** Throws CAP-SERVE-006 when too much waits already. `durable` is called once, when this frame and all before it are on disk. */
  append(frame: Buffer, durable?: Waiter): void;
  /** Resolves when all that was appended is on disk. */
  flush(): Promise<void>;
  close(): Promise<void>;
};

export function openSegmentWriter(path: string, route: string, pace: "strict" | "fast"): SegmentWriter {
  const file = openSync(path, "wx", 0o600);
  let frames: Buffer[] = [magic];
  let pendingBytes: number = magic.length;
  let waiters: Waiter[] = [];
  let position = 0;
  let busy = false;
  let timer: NodeJS.Timeout | undefined;
  let scheduled = false;
  let problem: string | undefined;

  const schedule = (now: boolean): void => {
    if (busy) return;
    if (now && !scheduled) {
      scheduled = true;
      clearTimeout(timer);
      timer = undefined;
      setImmediate(() => {
        scheduled = false;
        write();
      });
    } else if (!now && !scheduled) timer ??= setTimeout(write, problem ? retryMs : fastDelayMs);
  };

  const write = (): void => {
    timer = undefined;
    if (busy) return;
    if (frames.length === 0) {
      const settled = waiters;
      waiters = [];
      for (const waiter of settled) waiter(undefined);
      return;
    }
    busy = true;
    const [takenFrames, takenWaiters, takenBytes] = [frames, waiters, pendingBytes];
    frames = [];
    waiters = [];
    const fail = (error: NodeJS.ErrnoException | null): void => {
      const known = storageError(error);
      problem = known instanceof CapstanError ? known.message : (error?.code ?? "the file was not written whole");
      frames = [...takenFrames, ...frames];
      busy = false;
      const refusal = new CapstanError("CAP-SERVE-006", { route, problem }, { cause: error });
      for (const waiter of [...takenWaiters, ...waiters]) waiter(refusal);
      waiters = [];
      schedule(false);
    };
    writev(file, takenFrames, position, (error, written) => {
      if (error || written !== takenBytes) return fail(error);
      fdatasync(file, (syncError) => {
        if (syncError) return fail(syncError);
        position += takenBytes;
        pendingBytes -= takenBytes;
        problem = undefined;
        busy = false;
        for (const waiter of takenWaiters) waiter(undefined);
        if (frames.length > 0 || waiters.length > 0) schedule(waiters.length > 0);
      });
    });
  };

  const flush = (): Promise<void> =>
    new Promise((resolve, reject) => {
      if (frames.length === 0 && !busy) return resolve();
      waiters.push((error) => (error ? reject(error) : resolve()));
      schedule(true);
    });

  schedule(false);
  return {
    path,
    get sizeBytes() {
      return position + pendingBytes;
    },
    get problem() {
      return problem;
    },
    append(frame, durable) {
      if (pendingBytes + frame.length > pendingLimitBytes)
        throw new CapstanError("CAP-SERVE-006", { route, problem: problem ?? "the disk is too slow" });
      frames.push(frame);
      pendingBytes += frame.length;
      if (durable) waiters.push(durable);
      schedule(pace === "strict" || durable !== undefined);
    },
    flush,
    async close() {
      // One sync may be under way while frames wait for the next one.
      while (frames.length > 0 || busy) await flush();
      clearTimeout(timer);
      closeSync(file);
    },
  };
}
