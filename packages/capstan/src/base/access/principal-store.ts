import type { Role } from "@capstan/contract";
import { CapstanError } from "../foundation/errors.ts";
import { type Database, insert, type Statement, statement } from "../storage/database.ts";
import type { Binding } from "./rights.ts";

/** `id` is what the ledger names: the name is a person's, and can be erased. */
export type Principal = { id: string; name: string; kind: "person" | "service"; title: string; createdMs: number; endedMs: number | null };
export type Group = { id: string; name: string };

type PrincipalRow = { id: string; name: string; kind: string; title: string; created_ms: number; ended_ms: number | null };
const principalOf = (row: PrincipalRow): Principal => ({
  id: row.id,
  name: row.name,
  kind: row.kind === "service" ? "service" : "person",
  title: row.title,
  createdMs: row.created_ms,
  endedMs: row.ended_ms,
});
/** A role in all projects stands with an empty name, which no project has. */
const everywhere = "";
type BindingRow = { holder: string; project: string; role: string };
const bindingOf = (row: BindingRow): Binding => ({ role: row.role as Role, project: row.project === everywhere ? null : row.project });

const columns = "id, name, kind, title, created_ms, ended_ms";

/** SQL of people, services, groups, and the roles that each holds where. */
export function createPrincipalStore(database: Database) {
  const byName = async (name: string): Promise<Principal> => {
    const row = await database.find<PrincipalRow>(`select ${columns} from principal where name = ?`, [name]);
    if (!row) throw new CapstanError("CAP-NOT-FOUND-001", { noun: "principal", name });
    return principalOf(row);
  };
  return {
    byName,
    async byId(id: string): Promise<Principal | undefined> {
      const row = await database.find<PrincipalRow>(`select ${columns} from principal where id = ?`, [id]);
      return row && principalOf(row);
    },
    async group(name: string): Promise<Group> {
      const row = await database.find<Group>("select id, name from principal_group where name = ?", [name]);
      if (!row) throw new CapstanError("CAP-NOT-FOUND-001", { noun: "group", name });
      return row;
    },
    principals: async (): Promise<Principal[]> =>
      (await database.all<PrincipalRow>(`select ${columns} from principal order by name`)).map(principalOf),
    groups: () => database.all<Group>("select id, name from principal_group order by name"),
    members: () => database.all<{ group_id: string; principal: string }>("select group_id, principal from group_member"),
    bindings: async (): Promise<(Binding & { holder: string })[]> =>
      (await database.all<BindingRow>("select holder, project, role from role_binding order by project, role")).map((row) => ({
        ...bindingOf(row),
        holder: row.holder,
      })),
    /** Its own and those of its groups. */
    bindingsOf: async (id: string): Promise<Binding[]> =>
      (
        await database.all<BindingRow>(
          "select holder, project, role from role_binding where holder = ? or holder in (select group_id from group_member where principal = ?)",
          [id, id],
        )
      ).map(bindingOf),
    isMember: async (group: string, principal: string): Promise<boolean> =>
      (await database.find("select 1 as one from group_member where group_id = ? and principal = ?", [group, principal])) !== undefined,
    holds: async (holder: string, { role, project }: Binding): Promise<boolean> =>
      (await database.find("select 1 as one from role_binding where holder = ? and project = ? and role = ?", [
        holder,
        project ?? everywhere,
        role,
      ])) !== undefined,

    insertPrincipal: (one: Principal): Statement =>
      insert(
        "principal",
        { id: one.id, name: one.name, kind: one.kind, title: one.title, created_ms: one.createdMs, ended_ms: null },
        { exists: { noun: "principal", name: one.name } },
      ),
    endPrincipal: (one: Principal, nowMs: number): Statement[] => [
      {
        sql: "update principal set ended_ms = ? where id = ? and ended_ms is null",
        params: [nowMs, one.id],
        guard: { rows: 1, noun: "principal", name: one.name },
      },
      statement("update token set revoked_ms = ? where principal = ? and revoked_ms is null", nowMs, one.id),
      statement("delete from role_binding where holder = ?", one.id),
      statement("delete from group_member where principal = ?", one.id),
    ],
    insertGroup: (one: Group, nowMs: number): Statement =>
      insert("principal_group", { id: one.id, name: one.name, created_ms: nowMs }, { exists: { noun: "group", name: one.name } }),
    removeGroup: (one: Group): Statement[] => [
      {
        sql: "delete from principal_group where id = ?",
        params: [one.id],
        guard: { rows: 1, noun: "group", name: one.name },
      },
      statement("delete from role_binding where holder = ?", one.id),
      statement("delete from group_member where group_id = ?", one.id),
    ],
    setMember: (group: Group, principal: Principal, member: boolean): Statement =>
      member
        ? insert("group_member", { group_id: group.id, principal: principal.id }, { exists: { noun: "member", name: principal.name } })
        : {
            sql: "delete from group_member where group_id = ? and principal = ?",
            params: [group.id, principal.id],
            guard: { rows: 1, noun: "member", name: principal.name },
          },
    setRole: (holder: { id: string; name: string }, { role, project }: Binding, held: boolean, nowMs: number): Statement =>
      held
        ? insert(
            "role_binding",
            { holder: holder.id, project: project ?? everywhere, role, given_ms: nowMs },
            { exists: { noun: "role", name: `${role} of ${holder.name}` } },
          )
        : {
            sql: "delete from role_binding where holder = ? and project = ? and role = ?",
            params: [holder.id, project ?? everywhere, role],
            guard: { rows: 1, noun: "role", name: `${role} of ${holder.name}` },
          },
  };
}
