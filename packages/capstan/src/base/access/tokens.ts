import { randomBytes } from "node:crypto";
import { sha256 } from "../foundation/hashing.ts";

/** `cap_<id>_<secret>_<checksum>`: the id finds the row, the secret is 32 random bytes, the checksum catches typing mistakes. Only a SHA-256 is stored. */
export function makeToken(): { id: string; token: string; hash: string } {
  const id = randomBytes(6).toString("hex");
  const secret = randomBytes(32).toString("base64url");
  const token = `cap_${id}_${secret}_${checksum(id + secret)}`;
  return { id, token, hash: sha256(token) };
}

export const looksLikeToken = (text: string): boolean => {
  const match = /^cap_([0-9a-f]{12})_([A-Za-z0-9_-]{43})_([0-9a-f]{6})$/.exec(text);
  return match !== null && checksum((match[1] ?? "") + (match[2] ?? "")) === match[3];
};

const checksum = (text: string): string => sha256(text).slice(0, 6);

/** The token of an Authorization header: Bearer, or the password of Basic (MLflow's clients). What is neither is a wrong token, not none. */
export function tokenOfHeader(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  const [scheme = "", value = ""] = header.trim().split(/\s+/, 2);
  if (/^bearer$/i.test(scheme)) return value;
  if (/^basic$/i.test(scheme)) {
    const text = Buffer.from(value, "base64").toString("utf8");
    const colon = text.indexOf(":");
    return colon < 0 ? "" : text.slice(colon + 1);
  }
  return "";
}
