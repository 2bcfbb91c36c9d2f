/** A page of 100 runs. `last` is the one with the last run that the filter finds: its queries find at most one in twenty runs. */
export type Query = { experiments: readonly (1 | 2 | 3)[]; filter: string; orderBy: readonly string[]; page: 1 | 6 | "last" };

const of = (experiments: Query["experiments"], filter: string, orderBy: readonly string[] = [], page: Query["page"] = 1): Query => ({
  experiments,
  filter,
  orderBy,
  page,
});
const one = [1] as const;
const two = [1, 2] as const;
const all = [1, 2, 3] as const;

/**
 * The published corpus: filters on another column than the order, common and rare, patterns, missing and NaN values, one to three experiments, pages 1, 6 and
 * last. Every comparison is one that MLflow and Capstan define alike, so that answers can be compared run by run.
 */
export const queries: readonly Query[] = [
  of(one, ""),
  of(one, "", [], 6),
  of(all, ""),
  of(one, "", ["metrics.accuracy DESC"]),
  of(all, "", ["metrics.val_accuracy DESC"]),
  of(one, "", ["metrics.f1 ASC"]),
  of(one, "", ["metrics.f1 DESC"], 6),
  of(two, "", ["params.seed ASC"]),
  of(one, "metrics.accuracy > 0.9 AND params.optimizer = 'adam'"),
  of(one, "metrics.accuracy > 0.9 AND params.optimizer = 'adam'", ["metrics.loss ASC"]),
  of(one, "metrics.accuracy > 0.9 AND params.optimizer = 'adam'", ["metrics.loss ASC"], 6),
  of(one, "metrics.loss < 0.5", ["metrics.val_accuracy DESC"]),
  of(two, "metrics.loss < 0.5", ["metrics.val_accuracy DESC"]),
  of(all, "metrics.loss < 0.5 AND metrics.auc >= 0.5", ["metrics.val_accuracy DESC"], 6),
  of(one, "params.model = 'resnet-20'", ["metrics.accuracy DESC"]),
  of(one, "params.model != 'resnet-20'", ["metrics.accuracy DESC"]),
  of(all, "params.batch_size = '256' AND params.layers = '4'", ["metrics.train_seconds ASC"]),
  of(one, "params.batch_size = '256' AND params.layers = '4'", ["metrics.train_seconds ASC"], 6),
  of(one, "params.note LIKE 'amber%'", ["metrics.accuracy DESC"]),
  of(one, "params.note LIKE '%fjord%'", ["metrics.f1 DESC"]),
  of(two, "params.dataset LIKE 's3://data/%/jetty'", ["metrics.loss ASC"]),
  of(one, "params.optimizer ILIKE 'ADAM%'", ["metrics.epochs DESC"]),
  of(one, "tags.team = 'vision'", ["metrics.accuracy DESC"]),
  of(all, "tags.team LIKE 'Ranking%' AND metrics.accuracy < 0.75", ["metrics.examples DESC"]),
  of(one, "tags.stage = 'candidate'", ["metrics.accuracy DESC"]),
  of(one, "tags.stage IS NULL AND metrics.accuracy > 0.99", ["metrics.loss ASC"]),
  of(all, "tags.stage IS NOT NULL AND metrics.accuracy > 0.95", ["metrics.auc DESC"]),
  of(one, "metrics.rare_score > 0.5"),
  of(all, "metrics.rare_score >= 0", ["metrics.rare_score DESC"]),
  of(all, "params.ablation = 'cedar'", ["metrics.accuracy DESC"]),
  of(one, "params.ablation IS NOT NULL", ["params.ablation ASC", "metrics.accuracy DESC"], "last"),
  of(one, "metrics.f1 > 0.98", ["metrics.accuracy DESC"], "last"),
  of(one, "metrics.accuracy > 0.97 AND tags.team = 'speech'", ["metrics.loss DESC"], "last"),
  of(all, "params.model = 'resnet-25' AND params.optimizer = 'sgd'", ["metrics.val_accuracy ASC"], "last"),
  of(one, "attributes.status = 'FAILED' AND metrics.accuracy > 0.9", ["metrics.loss ASC"]),
  of(one, "attributes.status = 'RUNNING'", ["attributes.start_time ASC"]),
  of(two, "attributes.status != 'FINISHED' AND metrics.epochs >= 25", ["attributes.end_time DESC"], 6),
  of(one, "attributes.run_name LIKE 'amber-fjord-%'", ["metrics.accuracy DESC"]),
  of(one, "attributes.user_id = 'ann' AND params.lr = '0.001'", ["metrics.accuracy DESC"]),
  of([3], "metrics.accuracy > 0.6 AND metrics.loss < 1 AND params.dropout = '0.25'", ["metrics.latency_ms ASC", "metrics.accuracy DESC"]),
];
