import type { Caller } from "../../../base/foundation/caller.ts";
import { CapstanError } from "../../../base/foundation/errors.ts";
import type { Store } from "../../../base/record/store.ts";
import { insert, statement } from "../../../base/storage/database.ts";
import { sha256 } from "../../../base/foundation/hashing.ts";

export type Scorer = {
  id: string;
  project: string;
  experimentId: string;
  name: string;
  version: number;
  content: string;
  createdMs: number;
};
export type OnlineScoring = { id: string; scorerId: string; experimentId: string; sampleRate: number; filter: string | null };
type ScorerRow = { id: string; project: string; experiment_id: number; name: string; version: number; content: string; created_ms: number };
const scorerOf = (row: ScorerRow): Scorer => ({
  id: row.id,
  project: row.project,
  experimentId: String(row.experiment_id),
  name: row.name,
  version: row.version,
  content: row.content,
  createdMs: row.created_ms,
});

/** Scorers of experiments: numbered texts that a client writes and reads; nothing here runs them. */
export function createScorers(store: Store) {
  const { database, recorder, clock, ids } = store;
  const versions = async (experimentId: string, name: string): Promise<Scorer[]> =>
    (
      await database.all<ScorerRow>("select * from scorer where experiment_id = ? and name = ? order by version", [
        Number(experimentId),
        name,
      ])
    ).map(scorerOf);
  const unknown = (name: string) => new CapstanError("CAP-NOT-FOUND-001", { noun: "scorer", name });
  const entry = (one: { project: string; experimentId: string; name: string }, action: string, version: number | null, caller: Caller) => ({
    action,
    subject: { type: "scorer", id: `${one.experimentId}/${one.name}` },
    project: one.project,
    actor: caller.actor,
    payload: { name: one.name, version },
    ...(caller.because !== undefined && { because: caller.because }),
  });

  return {
    versions,
    async register(one: { project: string; experimentId: string; name: string; content: string }, caller: Caller): Promise<Scorer> {
      for (let attempt = 1; ; attempt++) {
        const known = await versions(one.experimentId, one.name);
        const scorer: Scorer = {
          ...one,
          id: known[0]?.id ?? ids.hex(),
          version: (known.at(-1)?.version ?? 0) + 1,
          createdMs: clock.nowMs(),
        };
        try {
          await recorder.commit(
            [
              insert(
                "scorer",
                {
                  id: scorer.id,
                  project: one.project,
                  experiment_id: Number(one.experimentId),
                  name: one.name,
                  version: scorer.version,
                  content: one.content,
                  created_ms: scorer.createdMs,
                },
                { exists: { noun: "scorer", name: one.name } },
              ),
            ],
            [
              {
                ...entry(one, "scorer.registered", scorer.version, caller),
                payload: { name: one.name, version: scorer.version, digest: sha256(one.content) },
              },
            ],
          );
          return scorer;
        } catch (error) {
          if (!(error instanceof CapstanError && error.code === "CAP-EXISTS-001") || attempt >= 5) throw error;
        }
      }
    },
    /** The latest version of each. */
    async list(experimentId: string): Promise<Scorer[]> {
      const rows = await database.all<ScorerRow>(
        "select * from scorer s where experiment_id = ? and version = (select max(version) from scorer x where x.experiment_id = s.experiment_id and x.name = s.name) order by name",
        [Number(experimentId)],
      );
      return rows.map(scorerOf);
    },
    async get(experimentId: string, name: string, version?: number): Promise<Scorer> {
      const known = await versions(experimentId, name);
      const found = version === undefined ? known.at(-1) : known.find((one) => one.version === version);
      if (!found) throw unknown(version === undefined ? name : `${name} version ${version}`);
      return found;
    },
    async remove(experimentId: string, name: string, version: number | undefined, caller: Caller): Promise<void> {
      const known = await versions(experimentId, name);
      const [first] = known;
      if (!first || (version !== undefined && !known.some((one) => one.version === version)))
        throw unknown(version === undefined ? name : `${name} version ${version}`);
      const all = version === undefined || known.length === 1;
      await recorder.commit(
        [
          version === undefined
            ? statement("delete from scorer where experiment_id = ? and name = ?", Number(experimentId), name)
            : statement("delete from scorer where experiment_id = ? and name = ? and version = ?", Number(experimentId), name, version),
          ...(all ? [statement("delete from online_scoring where scorer_id = ?", first.id)] : []),
        ],
        [entry(first, "scorer.deleted", version ?? null, caller)],
      );
    },
    async setOnline(scorer: Scorer, sampleRate: number, filter: string | null): Promise<OnlineScoring> {
      await database.commit([
        insert(
          "online_scoring",
          { id: ids.hex(), project: scorer.project, scorer_id: scorer.id, sample_rate: sampleRate, filter },
          { tail: "on conflict (scorer_id) do update set sample_rate = excluded.sample_rate, filter = excluded.filter" },
        ),
      ]);
      const [found] = await this.online([scorer.id]);
      if (!found) throw unknown(scorer.name);
      return found;
    },
    async online(scorerIds: readonly string[]): Promise<OnlineScoring[]> {
      if (scorerIds.length === 0) return [];
      type OnlineRow = { id: string; scorer_id: string; sample_rate: number; filter: string | null; experiment_id: number };
      const rows = await database.all<OnlineRow>(
        `select distinct o.id, o.scorer_id, o.sample_rate, o.filter, s.experiment_id from online_scoring o join scorer s on s.id = o.scorer_id where o.scorer_id in (${scorerIds.map(() => "?").join(", ")})`,
        [...scorerIds],
      );
      return rows.map((row) => ({
        id: row.id,
        scorerId: row.scorer_id,
        experimentId: String(row.experiment_id),
        sampleRate: row.sample_rate,
        filter: row.filter,
      }));
    },
  };
}
