import { capabilitiesOf, type Role } from "@capstan/contract";
import type { Caller } from "../foundation/caller.ts";
import { CapstanError } from "../foundation/errors.ts";
import type { EntryDraft } from "../record/model.ts";
import type { Store } from "../record/store.ts";
import type { Change } from "../storage/database.ts";
import { createPrincipalStore, type Group, type Principal } from "./principal-store.ts";

/** In the record, and wherever somebody is named: people sign, services do not. */
export const actorOf = (principal: Principal): Caller["actor"] =>
  principal.kind === "person" ? { kind: "person", name: `user:${principal.name}` } : { kind: "token", name: `service:${principal.name}` };

/** People, services and groups, and which role each holds where. Every change is an entry; `changed` is told, so that it counts at once. */
export function createPrincipalsService({ store, changed }: { store: Store; changed(): void }) {
  const sql = createPrincipalStore(store.database);
  const write = async (
    change: Change,
    action: string,
    subject: EntryDraft["subject"],
    by: Caller,
    payload: EntryDraft["payload"],
    project = "default",
  ): Promise<void> => {
    await store.recorder.commit(change, [{ action, subject, project, actor: by.actor, payload }]);
    changed();
  };
  const subjectOf = (one: Principal | Group): EntryDraft["subject"] => ({ type: "kind" in one ? "principal" : "group", id: one.id });
  const acting = async (name: string): Promise<Principal> => {
    const found = await sql.byName(name);
    if (found.endedMs !== null)
      throw new CapstanError("CAP-STATE-001", { noun: "principal", name, state: "ended", action: "given rights" });
    return found;
  };
  const isSelf = (principal: Principal, by: Caller): boolean => actorOf(principal).name === by.actor.name;

  return {
    sql,
    acting,
    async add(draft: { name: string; kind: "person" | "service"; title: string }, by: Caller): Promise<void> {
      const made: Principal = { id: store.ids.ulid(), ...draft, createdMs: store.clock.nowMs(), endedMs: null };
      await write([sql.insertPrincipal(made)], "principal.added", subjectOf(made), by, { ...draft });
    },
    async end(name: string, by: Caller): Promise<void> {
      const found = await sql.byName(name);
      await write(sql.endPrincipal(found, store.clock.nowMs()), "principal.ended", subjectOf(found), by, { name });
    },
    async addGroup(name: string, by: Caller): Promise<void> {
      const made: Group = { id: store.ids.ulid(), name };
      await write([sql.insertGroup(made, store.clock.nowMs())], "group.added", subjectOf(made), by, { name });
    },
    async removeGroup(name: string, by: Caller): Promise<void> {
      const found = await sql.group(name);
      await write(sql.removeGroup(found), "group.removed", subjectOf(found), by, { name });
    },
    /** False when it was so already. */
    async setMember(ask: { group: string; principal: string; member: boolean }, by: Caller): Promise<boolean> {
      const group = await sql.group(ask.group);
      const principal = ask.member ? await acting(ask.principal) : await sql.byName(ask.principal);
      if ((await sql.isMember(group.id, principal.id)) === ask.member) return false;
      if (ask.member && isSelf(principal, by))
        throw new CapstanError("CAP-ACCESS-006", { caller: by.actor.name, what: `group ${group.name}` });
      if (ask.member && principal.kind === "service")
        for (const one of (await sql.bindings()).filter((bound) => bound.holder === group.id)) refuseSigning(principal.name, one.role);
      await write([sql.setMember(group, principal, ask.member)], ask.member ? "group.joined" : "group.left", subjectOf(group), by, {
        group: group.name,
        principal: principal.name,
      });
      return true;
    },
    /** False when it was so already. */
    async setRole(
      ask: { principal?: string | undefined; group?: string | undefined; role: Role; project: string | null; held: boolean },
      by: Caller,
    ): Promise<boolean> {
      const principal = ask.principal === undefined ? undefined : ask.held ? await acting(ask.principal) : await sql.byName(ask.principal);
      const group = ask.group === undefined ? undefined : await sql.group(ask.group);
      const holder = principal ?? group;
      if (!holder || (principal && group))
        throw new CapstanError("CAP-REQUEST-001", { operation: "access.setRole", problem: "name a principal or a group, and not both" });
      const binding = { role: ask.role, project: ask.project };
      if ((await sql.holds(holder.id, binding)) === ask.held) return false;
      if (ask.held) {
        const members = group ? (await sql.members()).filter((one) => one.group_id === group.id) : [];
        for (const one of principal ? [principal] : await Promise.all(members.map((member) => sql.byId(member.principal)))) {
          if (!one) continue;
          if (isSelf(one, by)) throw new CapstanError("CAP-ACCESS-006", { caller: by.actor.name, what: ask.role });
          if (one.kind === "service") refuseSigning(one.name, ask.role);
        }
      }
      await write(
        [sql.setRole(holder, binding, ask.held, store.clock.nowMs())],
        ask.held ? "role.given" : "role.taken",
        subjectOf(holder),
        by,
        { holder: holder.name, role: ask.role, project: ask.project },
        ask.project ?? "default",
      );
      return true;
    },
  };
}

/** Who signs is a person. */
function refuseSigning(name: string, role: Role): void {
  if (capabilitiesOf([role]).has("approve"))
    throw new CapstanError("CAP-ACCESS-002", { capability: `approve, which ${role} may: it is a service`, caller: `service:${name}` });
}
