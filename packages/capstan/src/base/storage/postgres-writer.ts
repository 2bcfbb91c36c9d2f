import pg, { type Client, type QueryResult } from "pg";
import type { Change, Row } from "./database.ts";
import {
  connectionConfig,
  guardRefusal,
  isCollision,
  isLost,
  isUniqueViolation,
  queryOf,
  refusalOf,
  rowsOf,
  statementRefusal,
} from "./postgres-connection.ts";
import type { Outcome, Refusal } from "./refusal.ts";

const collisionLimit = 5;
/** A number made by `max + 1` may have been taken by another process meanwhile; so often it is made again. */
const takenLimit = 4;
/** How long a commit whose answer was lost is looked for. */
const doubtLimitMs = 10_000;

/** Thrown when the answer to a commit was lost; the transaction says later which way it went. */
class DoubtfulCommit extends Error {
  readonly transaction: string;
  readonly outcomes: Outcome[];
  constructor(transaction: string, outcomes: Outcome[], cause: unknown) {
    super("the answer to a commit was lost", { cause });
    this.transaction = transaction;
    this.outcomes = outcomes;
  }
}

/** The one connection of this process that changes anything. Not for concurrent use: the next batch begins when the former has been answered. */
export class PostgresWriter {
  readonly #url: string;
  #client: Client | undefined;

  constructor(url: string) {
    this.#url = url;
  }

  /** All changes in one transaction where possible. What two processes did to each other is repeated here; a refused change takes no other with it. */
  async commitAll(changes: readonly Change[]): Promise<Outcome[]> {
    for (let tries = 1; ; tries++) {
      try {
        const together = await this.#together(changes);
        if (together) return together;
        return await this.#oneByOne(changes);
      } catch (error) {
        if (error instanceof DoubtfulCommit) {
          if (await this.#happened(error.transaction)) return error.outcomes;
        } else if (!isCollision(error) && !isLost(error)) {
          await this.close();
          const refused = refusalOf(error);
          return changes.map(() => ({ refused }));
        }
        if (isLost(error) || error instanceof DoubtfulCommit) await this.close();
        if (tries >= collisionLimit || (isLost(error) && tries > 1)) {
          const refused = refusalOf(error instanceof DoubtfulCommit ? error.cause : error);
          return changes.map(() => ({ refused }));
        }
      }
    }
  }

  async close(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    await client?.end().catch(() => undefined);
  }

  /** The usual way: everything sent at once and looked at when it is answered, so that a batch costs two journeys however large it is. Undefined, and nothing happened, when a change is refused. */
  async #together(changes: readonly Change[]): Promise<Outcome[] | undefined> {
    const client = await this.#connected();
    const sent: { change: number; statement: number; answer: Promise<QueryResult> }[] = [];
    const begun = begin(client);
    changes.forEach((change, i) =>
      change.forEach((one, j) => sent.push({ change: i, statement: j, answer: client.query(queryOf(one.sql, one.params)) })),
    );
    const [first, ...settled] = await Promise.allSettled([begun, ...sent.map((one) => one.answer)]);
    if (first?.status !== "fulfilled") throw first?.reason;
    const committed: Row[][][] = changes.map(() => []);
    for (const [i, one] of sent.entries()) {
      const answer = settled[i];
      if (answer?.status === "rejected" && isLost(answer.reason)) throw answer.reason;
      const made = changes[one.change]?.[one.statement];
      if (answer?.status !== "fulfilled" || !made || guardRefusal(made, answer.value)) {
        await client.query("rollback");
        return undefined;
      }
      committed[one.change]?.push(rowsOf(answer.value));
    }
    const outcomes = committed.map((rows): Outcome => ({ committed: rows }));
    await this.#commit(client, first.value, outcomes);
    return outcomes;
  }

  /** After a refusal: each change in its own savepoint, so that it is known which ones can stay. */
  async #oneByOne(changes: readonly Change[]): Promise<Outcome[]> {
    const client = await this.#connected();
    const transaction = await begin(client);
    const outcomes: Outcome[] = [];
    try {
      for (const change of changes) {
        await client.query("savepoint change");
        let applied = await apply(client, change);
        // A statement sees what is committed by the time it begins, so that the next try makes another number.
        for (let tries = 1; "taken" in applied && tries < takenLimit; tries++) {
          await client.query("rollback to savepoint change");
          applied = await apply(client, change);
        }
        const outcome: Outcome = "taken" in applied ? { refused: applied.taken } : applied;
        await client.query("refused" in outcome ? "rollback to savepoint change; release savepoint change" : "release savepoint change");
        outcomes.push(outcome);
      }
    } catch (error) {
      if (!isLost(error)) await client.query("rollback");
      throw error;
    }
    await this.#commit(client, transaction, outcomes);
    return outcomes;
  }

  async #commit(client: Client, transaction: string, outcomes: Outcome[]): Promise<void> {
    try {
      await client.query("commit");
    } catch (error) {
      if (isLost(error)) throw new DoubtfulCommit(transaction, outcomes, error);
      throw error;
    }
  }

  /** Which way a transaction went whose answer was lost. */
  async #happened(transaction: string): Promise<boolean> {
    const until = performance.now() + doubtLimitMs;
    for (;;) {
      await this.close();
      const client = await this.#connected();
      const { rows } = await client.query<{ status: string | null }>("select pg_xact_status($1::xid8) as status", [transaction]);
      const status = rows[0]?.status;
      if (status !== "in progress") return status === "committed";
      if (performance.now() > until) throw new Error("a commit was neither made nor taken back in time");
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async #connected(): Promise<Client> {
    if (this.#client) return this.#client;
    // pipeline: statements are sent without waiting for the answers of those before.
    const client = new pg.Client({ ...connectionConfig(this.#url), pipeline: true } as pg.ClientConfig);
    client.on("error", () => {
      if (this.#client === client) this.#client = undefined;
    });
    await client.connect();
    // Acknowledged means durable, whatever the server's default; a stricter one stays.
    await client.query(
      "select set_config('synchronous_commit', 'on', false) where current_setting('synchronous_commit') in ('off', 'local')",
    );
    this.#client = client;
    return client;
  }
}

/** One change, up to the statement that is refused. `taken` when a value that has to be unique was not, and the change does not say what that means. */
async function apply(client: Client, change: Change): Promise<Outcome | { taken: Refusal }> {
  const committed: Row[][] = [];
  for (const one of change) {
    try {
      const result = await client.query(queryOf(one.sql, one.params));
      const refused = guardRefusal(one, result);
      if (refused) return { refused };
      committed.push(rowsOf(result));
    } catch (error) {
      if (isLost(error) || isCollision(error)) throw error;
      return isUniqueViolation(error) && !one.exists ? { taken: refusalOf(error) } : { refused: statementRefusal(one, error) };
    }
  }
  return { committed };
}

/** Begins a transaction; its number, by which its fate can be asked for. */
async function begin(client: Client): Promise<string> {
  const [, answer] = await Promise.all([client.query("begin"), client.query<{ id: string }>("select pg_current_xact_id()::text as id")]);
  return answer.rows[0]?.id ?? "";
}
