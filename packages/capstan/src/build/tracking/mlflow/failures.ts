import { type CapstanError, toCapstanError } from "../../../base/foundation/errors.ts";

/** Codes of MLflow's protocol that we send, with the status that its clients expect. */
const statuses = {
  INTERNAL_ERROR: 500,
  TEMPORARILY_UNAVAILABLE: 503,
  ENDPOINT_NOT_FOUND: 404,
  RESOURCE_DOES_NOT_EXIST: 404,
  PERMISSION_DENIED: 403,
  UNAUTHENTICATED: 401,
  RESOURCE_CONFLICT: 409,
  RESOURCE_ALREADY_EXISTS: 400,
  INVALID_PARAMETER_VALUE: 400,
  BAD_REQUEST: 400,
} as const;
export type FailureCode = keyof typeof statuses;

/** Statuses after which MLflow's Python client asks again, for minutes unless it is told a time. */
export const repeatedStatuses: readonly number[] = [408, 429, 500, 502, 503, 504];

/** A refusal in the words that clients of MLflow look for. `mistaken`: what was asked is wrong, although the protocol has a status of ours for it. */
export class WireFailure extends Error {
  readonly code: FailureCode;
  readonly mistaken: boolean;
  constructor(code: FailureCode, message: string, more: { mistaken?: true } = {}) {
    super(message);
    this.name = "WireFailure";
    this.code = code;
    this.mistaken = more.mistaken ?? false;
  }
  get status(): number {
    return statuses[this.code];
  }
}

export const invalid = (message: string): WireFailure => new WireFailure("INVALID_PARAMETER_VALUE", message);
export const missing = (what: string, id: string): WireFailure =>
  new WireFailure(
    "RESOURCE_DOES_NOT_EXIST",
    what === "run"
      ? `Run with id=${id} not found`
      : what === "experiment"
        ? `No Experiment with id=${id} exists`
        : what === "tag"
          ? `No tag with name: ${id}`
          : what === "logged model"
            ? `Logged model with ID '${id}' not found.`
            : `${what.charAt(0).toUpperCase()}${what.slice(1)} with id '${id}' not found.`,
  );

/** Any failure as a refusal: what a user did wrong is never 5xx, because clients repeat those for minutes. */
export function toFailure(thrown: unknown): WireFailure {
  if (thrown instanceof WireFailure) return thrown;
  const error: CapstanError = toCapstanError(thrown);
  const { noun = "", name = "" } = error.params;
  switch (error.code) {
    case "CAP-NOT-FOUND-001":
      return missing(String(noun), String(name));
    case "CAP-EXISTS-001":
      return new WireFailure("RESOURCE_ALREADY_EXISTS", `${noun === "experiment" ? "Experiment" : noun}(name=${name}) already exists.`);
    case "CAP-STATE-001":
      return invalid(`The ${noun} ${name} must be in the 'active' state. Current state is ${error.params["state"]}.`);
    case "CAP-MOVED-001":
      return new WireFailure("RESOURCE_CONFLICT", error.message);
    case "CAP-STORE-003":
    case "CAP-SERVER-005":
      return new WireFailure("TEMPORARILY_UNAVAILABLE", error.message);
    case "CAP-STORE-006":
      return new WireFailure("RESOURCE_DOES_NOT_EXIST", error.message);
  }
  const told = error.remedy === "" ? error.message : `${error.message}: ${error.remedy}`;
  if (error.status === 401) return new WireFailure("UNAUTHENTICATED", told);
  if (error.status === 403) return new WireFailure("PERMISSION_DENIED", told);
  // Exit 6 is the surroundings' doing, 70 our own; all else is what was asked.
  if (error.exit !== 6 && error.exit !== 70) return invalid(error.message);
  if (error.status >= 400 && error.status < 500) return invalid(error.message);
  return new WireFailure("INTERNAL_ERROR", error.message);
}

export const failureBody = (failure: WireFailure): object => ({ error_code: failure.code, message: failure.message });
