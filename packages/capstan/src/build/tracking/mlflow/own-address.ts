import type { WireRequest } from "./model.ts";

/** How the caller reaches us, as far as its request tells: the name that it asked, and whether something before us speaks TLS. */
export function ownAddress({ headers }: Pick<WireRequest, "headers">): string {
  const forwarded = headers["x-forwarded-proto"];
  const secure = (Array.isArray(forwarded) ? forwarded[0] : forwarded)?.split(",")[0]?.trim() === "https";
  return `${secure ? "https" : "http"}://${headers.host ?? "127.0.0.1"}`;
}

/** The caller's own permission, for addresses of ours that it is given and uses without its token. */
export const authorizationOf = ({ headers }: Pick<WireRequest, "headers">): Record<string, string> =>
  headers.authorization === undefined ? {} : { Authorization: headers.authorization };
