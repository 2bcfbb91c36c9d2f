import type { accessOperations } from "@capstan/contract/operations/access";
import { toTime } from "../foundation/clock.ts";
import type { Handlers } from "../foundation/caller.ts";
import type { ProjectsService } from "./service.ts";

export const projectHandlers = (projects: ProjectsService): Handlers<Pick<typeof accessOperations, "projects.list">> => ({
  "projects.list": async (_input, caller) => ({
    projects: (await projects.list())
      .filter((one) => caller.projects?.includes(one.name) ?? true)
      .map((one) => ({ project: one.name, folder: one.folder, created: toTime(one.created_ms) })),
  }),
});
