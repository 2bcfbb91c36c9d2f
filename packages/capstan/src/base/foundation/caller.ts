import type { Capability, Operation, OutputOf, ParsedInputOf, Role } from "@capstan/contract";

/** Who acts. `name` is `local:<user>`, `user:<name>`, `service:<name>`, `token:<name>` (of nobody), `system:<room>`, `job:<id>`; the ledger stores a pseudonym, the name map lies outside it. */
export type Actor = { readonly kind: "person" | "token" | "system" | "job"; readonly name: string };

/** The principal behind a request and how it came in. Made by the gate, carried to every verb. */
export type Caller = {
  readonly actor: Actor;
  /** `session`: private socket or one-time-link cookie, all rights of the embedded store. `loopback`: no token, reading, logging and predicting only. */
  readonly via: "session" | "token" | "loopback" | "system";
  readonly roles: readonly Role[];
  readonly capabilities: ReadonlySet<Capability>;
  /** Projects that the token is limited to; all when absent. */
  readonly projects?: readonly string[];
  /** What a principal may in one project; `roles` and `capabilities` are what it may in all that it reaches. Absent when there is no difference. */
  readonly within?: (project: string) => { readonly roles: readonly Role[]; readonly capabilities: ReadonlySet<Capability> };
  /** The run whose step holds this token: runs created with it become its children. */
  readonly attemptRun?: string;
  /** Entry that led to this call (`because`), when it is the system's. */
  readonly because?: string;
};

/** What a room binds to the contract: one function per operation it owns. The gate has admitted `caller` before it is called. */
export type Handler<T extends Operation> = (input: ParsedInputOf<T>, caller: Caller) => Promise<OutputOf<T>>;
export type Handlers<T extends Record<string, Operation>> = { readonly [K in keyof T]: Handler<T[K]> };
