import type { Role } from "@capstan/contract";
import type { accessOperations } from "@capstan/contract/operations/access";
import { toTime } from "../foundation/clock.ts";
import type { Handlers } from "../foundation/caller.ts";
import { CapstanError } from "../foundation/errors.ts";
import type { AccessService } from "./service.ts";

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
      roles: JSON.parse(one.roles) as Exclude<Role, "attempt">[],
      created: toTime(one.created_ms),
      expires: toTime(one.expires_ms),
      revoked: one.revoked_ms === null ? null : toTime(one.revoked_ms),
    })),
  }),
  "access.issue": async ({ name, roles, projects, days }, caller) => {
    for (const project of projects ?? [])
      if (!(await isProject(project))) throw new CapstanError("CAP-NOT-FOUND-001", { noun: "project", name: project });
    return access.issue({ name, roles, days, ...(projects && { projects }) }, caller);
  },
  "access.revoke": async ({ id }, caller) => {
    await access.revoke(id, caller);
    return { id };
  },
});
