import type { Role } from "@capstan/contract";
import type { accessOperations } from "@capstan/contract/operations/access";
import { toTime } from "../foundation/clock.ts";
import type { Handlers } from "../foundation/caller.ts";
import { CapstanError } from "../foundation/errors.ts";
import type { AccessService } from "./service.ts";

type Shown = Exclude<Role, "attempt">;

/** `isProject` is the room of projects' answer: a token for a project that is not there is a typing mistake that would look like a lock. */
export const accessHandlers = (
  access: AccessService,
  isProject: (name: string) => Promise<boolean>,
): Handlers<Omit<typeof accessOperations, "projects.list">> => ({
  "access.link": async () => ({ code: access.oneTimeLink() }),
  "access.tokens": async () => ({
    tokens: (await access.list()).map((one) => ({
      id: one.id,
      name: one.name,
      principal: one.principal,
      roles: JSON.parse(one.roles) as Shown[],
      created: toTime(one.created_ms),
      expires: toTime(one.expires_ms),
      revoked: one.revoked_ms === null ? null : toTime(one.revoked_ms),
    })),
  }),
  "access.principals": async () => {
    const { sql } = access.principals;
    const [all, groups, members, bindings, tokens] = await Promise.all([
      sql.principals(),
      sql.groups(),
      sql.members(),
      sql.bindings(),
      access.list(),
    ]);
    const rolesOf = (holder: string): { role: Shown; project: string | null }[] =>
      bindings.filter((one) => one.holder === holder).map(({ role, project }) => ({ role: role as Shown, project }));
    return {
      principals: all.map((one) => ({
        principal: one.name,
        kind: one.kind,
        title: one.title,
        created: toTime(one.createdMs),
        ended: one.endedMs === null ? null : toTime(one.endedMs),
        groups: groups.filter((group) => members.some((m) => m.group_id === group.id && m.principal === one.id)).map((group) => group.name),
        roles: rolesOf(one.id),
        tokens: tokens.filter((token) => token.principal === one.name && token.revoked_ms === null && token.expires_ms > access.nowMs())
          .length,
      })),
      groups: groups.map((group) => ({
        group: group.name,
        members: all.filter((one) => members.some((m) => m.group_id === group.id && m.principal === one.id)).map((one) => one.name),
        roles: rolesOf(group.id),
      })),
    };
  },
  "access.addPrincipal": async ({ principal, kind, title }, caller) => {
    await access.principals.add({ name: principal, kind, title }, caller);
    return { principal };
  },
  "access.endPrincipal": async ({ principal }, caller) => {
    await access.principals.end(principal, caller);
    return { principal };
  },
  "access.addGroup": async ({ group }, caller) => {
    await access.principals.addGroup(group, caller);
    return { group };
  },
  "access.removeGroup": async ({ group }, caller) => {
    await access.principals.removeGroup(group, caller);
    return { group };
  },
  "access.setMember": async (ask, caller) => ({ changed: await access.principals.setMember(ask, caller) }),
  "access.setRole": async ({ principal, group, role, only, held }, caller) => {
    if (only !== undefined && held && !(await isProject(only)))
      throw new CapstanError("CAP-NOT-FOUND-001", { noun: "project", name: only });
    return { changed: await access.principals.setRole({ principal, group, role, project: only ?? null, held }, caller) };
  },
  "access.issue": async ({ name, principal, roles, projects, days }, caller) => {
    for (const project of projects ?? [])
      if (!(await isProject(project))) throw new CapstanError("CAP-NOT-FOUND-001", { noun: "project", name: project });
    return access.issue({ name, roles, days, ...(projects && { projects }), ...(principal !== undefined && { principal }) }, caller);
  },
  "access.revoke": async ({ id }, caller) => {
    await access.revoke(id, caller);
    return { id };
  },
});
