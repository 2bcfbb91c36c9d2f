import { CapstanError } from "../foundation/errors.ts";
import type { Committed } from "./database.ts";

/** Why a change did not happen, in a form that crosses a thread. */
export type Refusal =
  | { kind: "moved"; noun: string; name: string }
  | { kind: "exists"; noun: string; name: string }
  | { kind: "error"; message: string; reason: "disk" | "read-only" | "pattern" | "text" | "slow" | "other" };
export type Outcome = { committed: Committed } | { refused: Refusal };

export function refusalError(refusal: Refusal): CapstanError {
  if (refusal.kind === "moved") return new CapstanError("CAP-MOVED-001", { noun: refusal.noun, name: refusal.name });
  if (refusal.kind === "exists") return new CapstanError("CAP-EXISTS-001", { noun: refusal.noun, name: refusal.name });
  const cause = { cause: new Error(refusal.message) };
  if (refusal.reason === "disk") return new CapstanError("CAP-STORE-003", { problem: refusal.message }, cause);
  if (refusal.reason === "read-only") return new CapstanError("CAP-STORE-004", {}, cause);
  if (refusal.reason === "pattern") return new CapstanError("CAP-STORE-016", { problem: refusal.message }, cause);
  if (refusal.reason === "text") return new CapstanError("CAP-STORE-017", {}, cause);
  if (refusal.reason === "slow") return new CapstanError("CAP-STORE-018", {}, cause);
  return new CapstanError("CAP-STORE-001", { problem: refusal.message }, cause);
}

export const closedError = (): CapstanError => new CapstanError("CAP-STORE-001", { problem: "it is closed" });
