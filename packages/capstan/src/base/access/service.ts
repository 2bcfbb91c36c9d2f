import { randomBytes } from "node:crypto";
import { capabilitiesOf, type Capability, type Role, roles } from "@capstan/contract";
import type { Caller } from "../foundation/caller.ts";
import { CapstanError } from "../foundation/errors.ts";
import { sha256 } from "../foundation/hashing.ts";
import type { Store } from "../record/store.ts";
import { insert, statement } from "../storage/database.ts";
import { actorOf, createPrincipalsService } from "./principals.ts";
import { rightsOf } from "./rights.ts";
import { refusalOf, type RequestFacts, tokenlessAllowed, tokenlessCapabilities } from "./rules.ts";
import { looksLikeToken, makeToken } from "./tokens.ts";

type TokenRow = {
  id: string;
  name: string;
  roles: string;
  projects: string | null;
  attempt_run: string | null;
  principal: string | null;
  expires_ms: number;
  revoked_ms: number | null;
};

const everyRole = (Object.keys(roles) as Role[]).filter((role) => role !== "attempt" && role !== "service");
const day = 86_400_000;

export type AccessService = ReturnType<typeof createAccessService>;

/** The one gate. Everything that comes in over socket or port passes `admit`, then `authorize`. */
export function createAccessService({ store, user }: { store: Store; user: string }) {
  const links = new Map<string, number>();
  // A token's row hardly changes: kept for a second, so that a fast client does not read it for each request.
  const known = new Map<string, { caller: Caller; untilMs: number }>();

  const principals = createPrincipalsService({ store, changed: () => known.clear() });

  const local: Caller = {
    actor: { kind: "person", name: `local:${user}` },
    via: "session",
    roles: everyRole,
    capabilities: capabilitiesOf(everyRole),
  };
  const loopback: Caller = {
    actor: { kind: "person", name: "loopback" },
    via: "loopback",
    roles: ["service"],
    capabilities: tokenlessCapabilities,
  };

  const system = (room: string, because?: string): Caller => ({
    actor: { kind: "system", name: `system:${room}` },
    via: "system",
    roles: everyRole,
    capabilities: capabilitiesOf(everyRole),
    ...(because !== undefined && { because }),
  });

  async function callerOfToken(token: string): Promise<Caller> {
    const hash = sha256(token);
    const now = store.clock.nowMs();
    const cached = known.get(hash);
    if (cached && cached.untilMs > now) return cached.caller;
    const row = looksLikeToken(token)
      ? await store.database.find<TokenRow>(
          "select id, name, roles, projects, attempt_run, principal, expires_ms, revoked_ms from token where hash = ?",
          [hash],
        )
      : undefined;
    if (!row || row.revoked_ms !== null || row.expires_ms <= now)
      throw new CapstanError("CAP-ACCESS-001", { problem: row ? "the token has ended" : "the token is not known" });
    const held = JSON.parse(row.roles) as Role[];
    const caller: Caller =
      row.principal !== null
        ? await callerOfPrincipal(row.principal, held, row.projects)
        : {
            actor:
              row.attempt_run === null ? { kind: "token", name: `token:${row.name}` } : { kind: "job", name: `job:${row.attempt_run}` },
            via: "token",
            roles: held,
            capabilities: capabilitiesOf(held),
            ...(row.projects !== null && { projects: JSON.parse(row.projects) as string[] }),
            ...(row.attempt_run !== null && { attemptRun: row.attempt_run }),
          };
    if (known.size > 1000) known.clear();
    known.set(hash, { caller, untilMs: now + 1000 });
    return caller;
  }

  /** Whoever holds the token acts as its principal: what it may is looked up each time, so that a role taken away is gone at once. */
  async function callerOfPrincipal(id: string, roles: readonly Role[], projects: string | null): Promise<Caller> {
    const principal = await principals.sql.byId(id);
    if (!principal || principal.endedMs !== null) throw new CapstanError("CAP-ACCESS-001", { problem: "the token's principal has ended" });
    const rights = rightsOf(await principals.sql.bindingsOf(id), {
      roles,
      projects: projects === null ? null : (JSON.parse(projects) as string[]),
    });
    return { actor: actorOf(principal), via: "token", ...rights };
  }

  async function issue(
    draft: { name: string; roles: readonly Role[]; principal?: string; projects?: readonly string[]; attemptRun?: string; days: number },
    by: Caller,
  ): Promise<{ id: string; token: string }> {
    const principal = draft.principal === undefined ? undefined : await principals.acting(draft.principal);
    if (!principal && draft.roles.length === 0)
      throw new CapstanError("CAP-REQUEST-001", { operation: "access.issue", problem: "roles: a token that belongs to nobody needs one" });
    const given = principal ? (await principals.sql.bindingsOf(principal.id)).map((one) => one.role) : draft.roles;
    // One's own token gives nobody anything.
    if (!principal || actorOf(principal).name !== by.actor.name)
      for (const capability of capabilitiesOf(given)) {
        if (!by.capabilities.has(capability)) throw new CapstanError("CAP-ACCESS-002", { capability, caller: by.actor.name });
      }
    const made = makeToken();
    const now = store.clock.nowMs();
    await store.recorder.commit(
      [
        insert("token", {
          id: made.id,
          name: draft.name,
          hash: made.hash,
          roles: JSON.stringify(draft.roles),
          projects: draft.projects ? JSON.stringify(draft.projects) : null,
          attempt_run: draft.attemptRun ?? null,
          principal: principal?.id ?? null,
          created_ms: now,
          created_by: by.actor.name,
          expires_ms: now + draft.days * day,
          revoked_ms: null,
        }),
      ],
      [
        {
          action: "token.issued",
          subject: { type: "token", id: made.id },
          project: draft.projects?.[0] ?? "default",
          actor: by.actor,
          payload: { name: draft.name, roles: [...draft.roles], ...(principal && { principal: principal.name }) },
        },
      ],
    );
    return { id: made.id, token: made.token };
  }

  return {
    local,
    system,
    issue,
    principals,
    /** Loopback asks for no session from now on, until this host ends: somebody will want to know since when. */
    async noteOpenLoopback(): Promise<void> {
      await store.recorder.commit(
        [],
        [
          {
            action: "access.loopback_opened",
            subject: { type: "store", id: store.id },
            project: "default",
            actor: local.actor,
            payload: {},
          },
        ],
      );
    },
    /** A step's own token: logs into its run, ends with it at the latest after `ttlMs`. Operational: no entry, the run itself is one. */
    async issueAttempt(runId: string, project: string, ttlMs: number): Promise<string> {
      const made = makeToken();
      const now = store.clock.nowMs();
      await store.database.commit([
        insert("token", {
          id: made.id,
          name: `attempt-${runId}`,
          hash: made.hash,
          roles: JSON.stringify(["attempt"]),
          projects: JSON.stringify([project]),
          attempt_run: runId,
          created_ms: now,
          created_by: "system:execution",
          expires_ms: now + ttlMs,
          revoked_ms: null,
        }),
      ]);
      return made.token;
    },
    /** Who a step is that holds the token of its run. */
    attemptCaller: (runId: string, project: string): Caller => ({
      actor: { kind: "job", name: `job:${runId}` },
      via: "token",
      roles: ["attempt"],
      capabilities: capabilitiesOf(["attempt"]),
      projects: [project],
      attemptRun: runId,
    }),
    /** The step has ended: its token is worth nothing any more. */
    async endAttempt(runId: string): Promise<void> {
      await store.database.commit([statement("delete from token where attempt_run = ?", runId)]);
      known.clear();
    },
    async revoke(id: string, by: Caller): Promise<void> {
      await store.recorder.commit(
        [
          {
            sql: "update token set revoked_ms = ? where id = ? and revoked_ms is null",
            params: [store.clock.nowMs(), id],
            guard: { rows: 1, noun: "token", name: id },
          },
        ],
        [{ action: "token.revoked", subject: { type: "token", id }, project: "default", actor: by.actor, payload: {} }],
      );
      known.clear();
    },
    nowMs: () => store.clock.nowMs(),
    list: () =>
      store.database.all<{
        id: string;
        name: string;
        principal: string | null;
        roles: string;
        created_ms: number;
        expires_ms: number;
        revoked_ms: number | null;
      }>(
        "select token.id, token.name, principal.name as principal, token.roles, token.created_ms, token.expires_ms, token.revoked_ms from token left join principal on principal.id = token.principal where token.attempt_run is null order by token.created_ms desc",
      ),
    /** A code that opens one browser session within 15 minutes, once. */
    oneTimeLink(): string {
      const code = randomBytes(24).toString("base64url");
      links.set(sha256(code), store.clock.nowMs() + 15 * 60_000);
      return code;
    },
    /** Exchanges a link for a session cookie's value; undefined when it was used, ended or never made. */
    async redeem(code: string): Promise<string | undefined> {
      const hash = sha256(code);
      const until = links.get(hash);
      links.delete(hash);
      const now = store.clock.nowMs();
      if (until === undefined || until < now) return undefined;
      const secret = randomBytes(32).toString("base64url");
      await store.database.commit([
        statement("delete from session where expires_ms < ?", now),
        insert("session", { hash: sha256(secret), actor: local.actor.name, created_ms: now, expires_ms: now + 30 * day }),
      ]);
      return secret;
    },
    /** Who this is. Refuses what must not come in at all; never trusts a header for more than a token. */
    async admit(facts: RequestFacts, token: string | undefined, session: string | undefined): Promise<Caller> {
      const refused = refusalOf(facts);
      if (refused) throw new CapstanError(refused.code, { found: refused.problem });
      if (token !== undefined) return callerOfToken(token);
      if (facts.transport === "socket") return local;
      if (session !== undefined) {
        const row = await store.database.find<{ expires_ms: number }>("select expires_ms from session where hash = ?", [sha256(session)]);
        if (row && row.expires_ms > store.clock.nowMs() && tokenlessAllowed(facts)) return local;
      }
      if (tokenlessAllowed(facts)) return loopback;
      throw new CapstanError("CAP-ACCESS-001", { problem: "there is no token" });
    },
    /** Deny by default: the capability, and the project when the caller is limited to some; such a one never gets the whole store. Gives the caller with what it may in this project. */
    authorize(admitted: Caller, capability: Capability, project: string | undefined, wholeStore = false): Caller {
      const caller = project === undefined || !admitted.within ? admitted : { ...admitted, ...admitted.within(project) };
      if (!caller.capabilities.has(capability)) {
        if (caller.via === "loopback") throw new CapstanError("CAP-ACCESS-005", { capability });
        throw new CapstanError("CAP-ACCESS-002", { capability, caller: caller.actor.name });
      }
      if (
        caller.projects &&
        (project === undefined
          ? wholeStore || (capability !== "read" && capability !== "log" && capability !== "predict")
          : !caller.projects.includes(project))
      ) {
        throw new CapstanError("CAP-ACCESS-002", { capability: `${capability} in ${project ?? "this store"}`, caller: caller.actor.name });
      }
      return caller;
    },
  };
}
