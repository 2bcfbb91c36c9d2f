import type { Capability } from "./operation.ts";

/** What each role may do. `local` holds all of them for the one person of an embedded store; `attempt` is what a running step is given. */
export const roles = {
  viewer: ["read"],
  contributor: ["read", "predict", "log", "run", "register", "request", "comment"],
  operator: ["read", "predict", "request", "release", "rollback", "stop", "incident", "comment"],
  reviewer: ["read", "predict", "approve", "incident", "comment"],
  "second-line": ["read", "predict", "approve", "stop", "waive", "incident", "export", "comment"],
  sponsor: ["read", "approve", "stop", "comment"],
  auditor: ["read", "export"],
  admin: ["read", "policy", "admin"],
  service: ["read", "predict", "log"],
  attempt: ["read", "log"],
} as const satisfies Record<string, readonly Capability[]>;
export type Role = keyof typeof roles;

export const capabilitiesOf = (held: Iterable<Role>): Set<Capability> => {
  const all = new Set<Capability>();
  for (const role of held) for (const capability of roles[role]) all.add(capability);
  return all;
};
