/** Runs for the search corpus, the same for the same seed: metrics, params and tags common and rare, missing, NaN, and texts of many and of few values. */
export type MadeRun = {
  id: string;
  /** 1 has 80 % of the runs, 2 has 15 %, 3 has 5 %. */
  experiment: 1 | 2 | 3;
  name: string;
  by: string;
  status: "FINISHED" | "FAILED" | "RUNNING";
  lifecycle: "active" | "deleted";
  startedMs: number;
  endedMs: number | null;
  metrics: [string, number][];
  params: [string, string][];
  tags: [string, string][];
};

/** A small generator of random numbers in [0, 1), good enough for data of tests (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const optimizers = ["adam", "Adam", "sgd", "rmsprop", "adamw"];
const models = Array.from({ length: 20 }, (_, i) => `resnet-${18 + i}`);
const people = ["ann", "bob", "cem", "dee", "eve", "fay"];
const teams = ["vision", "speech", "ranking", "Ranking_eu", "100%"];
const words = ["amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "heath", "inlet", "jetty"];
const startMs = Date.UTC(2026, 0, 1);

/** In the order of their start; two in a hundred start at the same moment as the one before. */
export function* madeRuns(count: number, seed: number): Generator<MadeRun> {
  const random = randomOf(seed);
  const among = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const hex = (): string =>
    Math.floor(random() * 4294967296)
      .toString(16)
      .padStart(8, "0");
  let nowMs = startMs;
  for (let i = 0; i < count; i++) {
    if (random() > 0.02) nowMs += 1 + Math.floor(random() * 20_000);
    const place = random();
    const optimizer = among(optimizers);
    const model = among(models);
    const state = random();
    const quality = random();
    const metrics: [string, number][] = [
      ["accuracy", Number((0.5 + quality / 2).toFixed(6))],
      ["val_accuracy", Number((0.4 + quality / 2 + random() / 10).toFixed(4))],
      ["loss", -Math.log(random() + 1e-9)],
      ["epochs", 1 + Math.floor(random() * 50)],
      ["train_seconds", random() * 3600],
      ["examples", Math.floor(random() * 1e9)],
      ["lr_last", 10 ** -(1 + Math.floor(random() * 5))],
    ];
    if (random() < 0.7) metrics.push(["auc", random()]);
    // Diverged in one of fifty, never measured in one of ten.
    const f1 = random();
    if (f1 < 0.9) metrics.push(["f1", f1 < 0.02 ? Number.NaN : random()]);
    if (random() < 0.001) metrics.push(["rare_score", random()]);
    else metrics.push(["latency_ms", random() * 200]);
    const params: [string, string][] = [
      ["lr", String(10 ** -(1 + Math.floor(random() * 5)))],
      ["batch_size", String(2 ** (3 + Math.floor(random() * 7)))],
      ["optimizer", optimizer],
      ["model", model],
      ["seed", String(Math.floor(random() * 1e9))],
      ["dropout", random().toFixed(2)],
      ["layers", String(1 + Math.floor(random() * 12))],
      ["dataset", `s3://data/${among(words)}/${among(words)}`],
      ["note", `${among(words)} ${among(words)} ${among(words)}`],
    ];
    if (random() < 0.001) params.push(["ablation", among(words)]);
    else params.push(["warmup", String(Math.floor(random() * 1000))]);
    const by = among(people);
    const name = `${among(words)}-${among(words)}-${Math.floor(random() * 1000)}`;
    const tags: [string, string][] = [
      ["mlflow.runName", name],
      ["mlflow.user", by],
      ["mlflow.source.name", "train.py"],
      ["team", among(teams)],
    ];
    if (random() < 0.3) tags.push(["stage", random() < 0.01 ? "candidate" : "draft"]);
    yield {
      id: hex() + hex() + hex() + hex(),
      experiment: place < 0.8 ? 1 : place < 0.95 ? 2 : 3,
      name,
      by,
      status: state < 0.85 ? "FINISHED" : state < 0.97 ? "FAILED" : "RUNNING",
      lifecycle: random() < 0.01 ? "deleted" : "active",
      startedMs: nowMs,
      endedMs: state < 0.97 ? nowMs + 1000 + Math.floor(random() * 3_600_000) : null,
      metrics,
      params,
      tags,
    };
  }
}
