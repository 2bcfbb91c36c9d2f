import type { Caller } from "../base/foundation/caller.ts";

/** Someone at this machine who may read and log. */
export const person: Caller = {
  actor: { kind: "person", name: "local:someone" },
  via: "session",
  roles: [],
  capabilities: new Set(["read", "log"]),
};
