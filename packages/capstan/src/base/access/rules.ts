import type { Capability } from "@capstan/contract";

/** What the gate knows of a request before any of it is read. */
export type RequestFacts = {
  method: string;
  /** `socket`: the private socket, mode 0600. `port`: TCP. */
  transport: "socket" | "port";
  host: string | undefined;
  origin: string | undefined;
  fetchSite: string | undefined;
  /** Any of Forwarded, X-Forwarded-*, Via. */
  proxied: boolean;
  /** The server is bound to loopback only. */
  loopback: boolean;
};

const loopbackNames = new Set(["localhost", "127.0.0.1", "[::1]"]);
const nameOf = (host: string): string => host.replace(/:\d+$/, "").toLowerCase();

/** Why a request from a browser or another site is refused, before tokens are looked at; undefined when nothing speaks against it. */
export function refusalOf(facts: RequestFacts): { code: "CAP-ACCESS-003" | "CAP-ACCESS-004"; problem: string } | undefined {
  if (facts.transport === "socket") return undefined;
  if (facts.loopback && (facts.host === undefined || !loopbackNames.has(nameOf(facts.host))))
    return { code: "CAP-ACCESS-003", problem: facts.host ?? "none" };
  if (facts.origin !== undefined && facts.origin !== "null" && facts.host !== undefined) {
    let host: string;
    try {
      host = new URL(facts.origin).host;
    } catch {
      return { code: "CAP-ACCESS-004", problem: facts.origin };
    }
    if (host !== facts.host) return { code: "CAP-ACCESS-004", problem: facts.origin };
  }
  const writes = facts.method !== "GET" && facts.method !== "HEAD";
  if (facts.origin === "null" && writes) return { code: "CAP-ACCESS-004", problem: "null" };
  if (writes && facts.fetchSite !== undefined && facts.fetchSite !== "same-origin" && facts.fetchSite !== "none")
    return { code: "CAP-ACCESS-004", problem: facts.fetchSite };
  return undefined;
}

/** What one may do on loopback without a token: look, log with an MLflow client, predict. */
export const tokenlessCapabilities: ReadonlySet<Capability> = new Set<Capability>(["read", "log", "predict"]);

/** Whether a request without token or session may come in as the loopback caller. */
export const tokenlessAllowed = (facts: RequestFacts): boolean => facts.transport === "port" && facts.loopback && !facts.proxied;
