import { z } from "zod";
import { operation } from "../operation.ts";
import { time } from "../shapes.ts";

const role = z.enum(["viewer", "contributor", "operator", "reviewer", "second-line", "sponsor", "auditor", "admin", "service"]);

export const accessOperations = {
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
        z.object({ id: z.string(), name: z.string(), roles: z.array(role), created: time, expires: time, revoked: time.nullable() }),
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
      roles: z.array(role).min(1),
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
