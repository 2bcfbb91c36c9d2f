import type { Capability, Role } from "@capstan/contract";
import type { Actor } from "../record/model.ts";

/** The principal behind a request and how it came in. Made by the gate, carried to every verb. */
export type Caller = {
  readonly actor: Actor;
  /** `session`: private socket or one-time-link cookie, all rights of the embedded store. `loopback`: no token, reading, logging and predicting only. */
  readonly via: "session" | "token" | "loopback" | "system";
  readonly roles: readonly Role[];
  readonly capabilities: ReadonlySet<Capability>;
  /** Projects that the token is limited to; all when absent. */
  readonly projects?: readonly string[];
  /** The run whose step holds this token: runs created with it become its children. */
  readonly attemptRun?: string;
  /** Entry that led to this call (`because`), when it is the system's. */
  readonly because?: string;
};
