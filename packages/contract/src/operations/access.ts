import { z } from "zod";
import { operation } from "../operation.ts";
import { name as projectName, time } from "../shapes.ts";

const role = z.enum(["viewer", "contributor", "operator", "reviewer", "second-line", "sponsor", "auditor", "admin", "service"]);

/** A person or service as others call it; in the record it stands as `user:ines` or `service:ci`. */
const principalName = z.string().regex(/^[a-z][a-z0-9._-]{0,62}$/, "a name such as ines or ci-main");
const groupName = z.string().regex(/^[a-z][a-z0-9-]{0,62}$/, "a name such as reviewers");
/** A role in one project; in all of them when `project` is null. */
const binding = z.object({ role, project: z.string().nullable() });

export const accessOperations = {
  "access.principals": operation({
    method: "GET",
    path: "/access/principals",
    capability: "admin",
    input: z.object({}),
    output: z.object({
      principals: z.array(
        z.object({
          principal: principalName,
          kind: z.enum(["person", "service"]),
          title: z.string(),
          created: time,
          /** Since when it acts no more. */
          ended: time.nullable(),
          groups: z.array(groupName),
          /** Its own; those of its groups are with the groups. */
          roles: z.array(binding),
          /** Tokens that are good now. */
          tokens: z.number().int(),
        }),
      ),
      groups: z.array(z.object({ group: groupName, members: z.array(principalName), roles: z.array(binding) })),
    }),
    text: "People, services and groups, with the roles that each holds where.",
  }),
  "access.addPrincipal": operation({
    method: "POST",
    path: "/access/principals",
    capability: "admin",
    input: z.object({
      principal: principalName,
      kind: z.enum(["person", "service"]).default("person"),
      /** The full name. */
      title: z.string().max(200).default(""),
    }),
    output: z.object({ principal: principalName }),
    text: "Makes a person or a service, without any right yet.",
  }),
  "access.endPrincipal": operation({
    method: "DELETE",
    path: "/access/principals/{principal}",
    capability: "admin",
    input: z.object({ principal: principalName }),
    output: z.object({ principal: principalName }),
    text: "It acts no more: its tokens, roles and memberships end at once. What it did stays its own; the name is not given again.",
  }),
  "access.addGroup": operation({
    method: "POST",
    path: "/access/groups",
    capability: "admin",
    input: z.object({ group: groupName }),
    output: z.object({ group: groupName }),
    text: "Makes a group without members.",
  }),
  "access.removeGroup": operation({
    method: "DELETE",
    path: "/access/groups/{group}",
    capability: "admin",
    input: z.object({ group: groupName }),
    output: z.object({ group: groupName }),
    text: "Ends a group with the roles that its members had by it.",
  }),
  "access.setMember": operation({
    method: "PUT",
    path: "/access/groups/{group}/members/{principal}",
    capability: "admin",
    input: z.object({ group: groupName, principal: principalName, member: z.boolean().default(true) }),
    output: z.object({ changed: z.boolean() }),
    text: "Takes a principal into a group, or out of it. Nobody takes in themselves.",
  }),
  "access.setRole": operation({
    method: "PUT",
    path: "/access/roles",
    capability: "admin",
    input: z.object({
      /** One of the two. */
      principal: principalName.optional(),
      group: groupName.optional(),
      role,
      /** In this project only; in all unless said. */
      only: projectName.optional(),
      held: z.boolean().default(true),
    }),
    output: z.object({ changed: z.boolean() }),
    text: "Gives a role to a principal or a group, or takes it away. Nobody gives one to themselves; a service holds none that signs.",
  }),
  "access.link": operation({
    method: "POST",
    path: "/access/link",
    capability: "admin",
    input: z.object({}),
    output: z.object({ code: z.string() }),
    text: "A code that opens one browser session with full rights, once, within 15 minutes.",
  }),
  "access.tokens": operation({
    method: "GET",
    path: "/access/tokens",
    capability: "admin",
    input: z.object({}),
    output: z.object({
      tokens: z.array(
        z.object({
          id: z.string(),
          name: z.string(),
          /** Whose it is; null for one that belongs to nobody. */ principal: z.string().nullable(),
          roles: z.array(role),
          created: time,
          expires: time,
          revoked: time.nullable(),
        }),
      ),
    }),
    text: "Tokens, newest first; never their secrets.",
  }),
  "access.issue": operation({
    method: "POST",
    path: "/access/tokens",
    capability: "admin",
    input: z.object({
      name: z.string().min(1).max(100),
      /** Whose it is: then it may what they may, at most these roles of it. */
      principal: principalName.optional(),
      roles: z.array(role).default([]),
      projects: z.array(z.string()).optional(),
      days: z.number().int().min(1).max(366).default(90),
    }),
    output: z.object({ id: z.string(), token: z.string() }),
    text: "Makes a token. It is shown this once; the store keeps only its hash.",
  }),
  "access.revoke": operation({
    method: "DELETE",
    path: "/access/tokens/{id}",
    capability: "admin",
    input: z.object({ id: z.string() }),
    output: z.object({ id: z.string() }),
    text: "Ends a token at once.",
  }),
  "projects.list": operation({
    method: "GET",
    path: "/projects",
    capability: "read",
    input: z.object({}),
    output: z.object({ projects: z.array(z.object({ project: z.string(), folder: z.string().nullable(), created: time })) }),
    text: "Projects of this store.",
  }),
};
