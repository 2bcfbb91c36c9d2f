import { randomBytes } from "node:crypto";
import { type Request, Spool } from "./spool.ts";
import { SendError, type Transport } from "./transport.ts";

export type WirePoint = { key: string; value: number; timestamp: number; step: number };
export type RunStart = { name: string; experimentId: string | undefined };
export type SenderOptions = {
  transport: Transport;
  /** Folder for what a server that stays away cannot take; whoever made the folder sends it later. */
  spool?: string | undefined;
  /** How long a server may be away before what waits goes to the spool (5 s unless said) or, without one, is given up (60 s). */
  patienceMs?: number | undefined;
  firstPauseMs?: number;
  intervalMs?: number;
  /** Told after points were accepted or given up. */
  settled?(points: number): void;
};

const pointsPerBatch = 1000;
const textsPerBatch = 100;
const longestPauseMs = 2000;
const progressEveryMs = 250;
const api = "api/2.0/mlflow";

const wireValue = (value: number): number | string =>
  Number.isFinite(value) ? value : Number.isNaN(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity";

/**
 * Sends what one run logs, in order, in batches: at 1000 points, else every second, and at the end. While the server is away it tries again with growing pauses, then
 * lays everything aside in the spool, and goes back to sending when the server is there and has all of that;
 * a batch that was taken but not acknowledged may be sent twice, which the server takes once. The first failure is kept and told by `end`.
 */
export class Sender {
  readonly #transport: Transport;
  readonly #settled: (points: number) => void;
  readonly #patienceMs: number;
  readonly #firstPauseMs: number;
  readonly #intervalMs: number;
  /** Asked for where a spool is: then the run has its name before any server knows it. */
  readonly #wanted = randomBytes(16).toString("hex");
  readonly #spool: Spool | undefined;
  #draining: Promise<boolean> | undefined;
  #nextLookMs = 0;
  #run = "";
  #artifactUri = "";
  #points: WirePoint[] = [];
  #params: [string, string][] = [];
  #tags: [string, string][] = [];
  #failure: Error | undefined;
  #timer: NodeJS.Timeout | undefined;
  #flushing: Promise<void> | undefined;
  #progress: { done: number; total: number | null; unit: string } | undefined;
  #progressTimer: NodeJS.Timeout | undefined;
  #progressServed = true;
  #ended = false;

  constructor(options: SenderOptions) {
    this.#transport = options.transport;
    this.#settled = options.settled ?? (() => undefined);
    this.#spool = options.spool ? new Spool(options.spool, this.#wanted) : undefined;
    this.#patienceMs = options.patienceMs ?? (this.#spool ? 5000 : 60_000);
    this.#firstPauseMs = options.firstPauseMs ?? 50;
    this.#intervalMs = options.intervalMs ?? 1000;
  }

  async start(start: RunStart): Promise<string> {
    const reply = await this.#deliver({
      post: `${api}/runs/create`,
      body: {
        run_name: start.name,
        start_time: Date.now(),
        ...(start.experimentId !== undefined && { experiment_id: start.experimentId }),
        tags: [{ key: "mlflow.source.type", value: "LOCAL" }],
        ...(this.#spool && { run_id: this.#wanted }),
      },
    });
    const later = { run_id: this.#wanted, artifact_uri: `mlflow-artifacts:/${start.experimentId ?? "0"}/${this.#wanted}/artifacts` };
    const info = reply === "later" ? later : (reply as { run?: { info?: { run_id?: string; artifact_uri?: string } } }).run?.info;
    if (!info?.run_id) throw new Error("the tracking server made a run without an id");
    this.#run = info.run_id;
    this.#artifactUri = info.artifact_uri ?? "";
    return info.run_id;
  }

  points(points: readonly WirePoint[]): void {
    for (const point of points) this.#points.push(point);
    this.#due(this.#points.length >= pointsPerBatch);
  }
  params(params: readonly [string, string][]): void {
    this.#params.push(...params);
    this.#due(false);
  }
  tags(tags: readonly [string, string][]): void {
    this.#tags.push(...tags);
    this.#due(false);
  }

  /** Only the newest is sent, at most four times a second; a server that does not know it is asked once. */
  progress(done: number, total: number | null, unit: string): void {
    this.#progress = { done, total, unit };
    if (!this.#progressServed || this.#ended) return;
    this.#progressTimer ??= setTimeout(() => {
      this.#progressTimer = undefined;
      const now = this.#progress;
      if (now)
        this.#transport
          .post(`api/v1/runs/${this.#run}/progress`, now)
          .catch((error: unknown) => void (this.#progressServed = !(error instanceof SendError && error.status === 404)));
    }, progressEveryMs);
  }

  async artifact(file: string, name: string): Promise<void> {
    const prefix = "mlflow-artifacts:/";
    if (!this.#artifactUri.startsWith(prefix))
      throw new Error(`artifacts of this run are kept at ${this.#artifactUri}, where this client cannot write`);
    const path = `${this.#artifactUri.slice(prefix.length).replace(/^\/+/, "")}/${name}`.split("/").map(encodeURIComponent).join("/");
    await this.#deliver({ put: `api/2.0/mlflow-artifacts/artifacts/${path}`, file });
  }

  /** Sends what is left, then ends the run; fails with the first failure of all. */
  async end(status: string): Promise<void> {
    this.#ended = true;
    clearTimeout(this.#progressTimer);
    await this.flush();
    this.#nextLookMs = 0;
    if (!this.#failure || !(this.#failure instanceof SendError) || !this.#failure.again)
      await this.#deliver({ post: `${api}/runs/update`, body: { run_id: this.#run, status, end_time: Date.now() } }).catch(
        (error: Error) => void (this.#failure ??= error),
      );
    clearTimeout(this.#timer);
    this.#spool?.close();
    this.#transport.close();
    if (this.#failure) throw this.#failure;
  }

  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    return (this.#flushing ??= this.#flushAll().finally(() => {
      this.#flushing = undefined;
      if (this.#waiting() || this.#spool?.empty === false) this.#due(false);
    }));
  }

  #waiting(): boolean {
    return this.#points.length > 0 || this.#params.length > 0 || this.#tags.length > 0;
  }
  #due(now: boolean): void {
    if (now) void this.flush();
    else if (!this.#flushing) this.#timer ??= setTimeout(() => void this.flush(), this.#intervalMs);
  }

  async #flushAll(): Promise<void> {
    await this.#drained().catch((error: Error) => void (this.#failure ??= error));
    while (this.#waiting()) {
      const params = distinct(this.#params, textsPerBatch);
      const tags = distinct(this.#tags, textsPerBatch);
      const points = this.#points.slice(0, pointsPerBatch - params.length - tags.length);
      const body = {
        run_id: this.#run,
        metrics: points.map((one) => ({ ...one, value: wireValue(one.value) })),
        params: params.map(([key, value]) => ({ key, value })),
        tags: tags.map(([key, value]) => ({ key, value })),
      };
      try {
        if (this.#failure instanceof SendError && this.#failure.again) throw this.#failure;
        await this.#deliver({ post: `${api}/runs/log-batch`, body });
      } catch (error) {
        this.#failure ??= error as Error;
      }
      this.#points = this.#points.slice(points.length);
      this.#params.splice(0, params.length);
      this.#tags.splice(0, tags.length);
      this.#settled(points.length);
    }
  }

  #send(request: Request): Promise<Record<string, unknown>> {
    return "put" in request ? this.#transport.putFile(request.put, request.file) : this.#transport.post(request.post, request.body);
  }

  /** To the server, or behind everything else that waits in the spool. */
  async #deliver(request: Request): Promise<Record<string, unknown> | "later"> {
    if (await this.#drained()) {
      try {
        return await this.#patiently(() => this.#send(request));
      } catch (error) {
        if (!this.#spool || !(error instanceof SendError) || !error.again) throw error;
        this.#nextLookMs = Date.now() + longestPauseMs;
      }
    }
    this.#spool?.append(request);
    return "later";
  }

  /** Whether nothing waits in the spool, after a look for the server now and then. */
  async #drained(): Promise<boolean> {
    if (!this.#spool || this.#spool.empty) return true;
    if (!this.#draining && Date.now() < this.#nextLookMs) return false;
    return (this.#draining ??= this.#drain(this.#spool).finally(() => (this.#draining = undefined)));
  }

  async #drain(spool: Spool): Promise<boolean> {
    for (let request = spool.next(); request; request = spool.next()) {
      try {
        await this.#send(request);
      } catch (error) {
        if (error instanceof SendError && error.again) {
          this.#nextLookMs = Date.now() + longestPauseMs;
          return false;
        }
        this.#failure ??= error as Error;
      }
      spool.settled();
    }
    return true;
  }

  async #patiently<T>(work: () => Promise<T>): Promise<T> {
    const until = Date.now() + this.#patienceMs;
    for (let pause = this.#firstPauseMs; ; pause = Math.min(pause * 2, longestPauseMs)) {
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof SendError) || !error.again || Date.now() + pause > until) throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, pause * (0.75 + Math.random() / 2)));
    }
  }
}

/** As many of the first as have different keys, in their order. */
function distinct(texts: readonly [string, string][], limit: number): [string, string][] {
  const keys = new Set<string>();
  const taken: [string, string][] = [];
  for (const one of texts) {
    if (taken.length >= limit || keys.has(one[0])) break;
    keys.add(one[0]);
    taken.push(one);
  }
  return taken;
}
