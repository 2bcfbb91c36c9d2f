import { lookup } from "node:dns/promises";
import { request as plainRequest } from "node:http";
import { request as safeRequest } from "node:https";
import { BlockList, isIP, type LookupFunction } from "node:net";
import { CapstanError } from "./errors.ts";

export type OutboundRequest = {
  readonly method: "GET" | "POST";
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly timeoutMs: number;
  /** More of the answer is not read. */
  readonly mostBytes?: number;
  readonly signal?: AbortSignal;
};
export type OutboundReply = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly text: string;
};
export type OutboundOptions = {
  /** Protocols that may be spoken, without the colon. */
  readonly schemes: readonly string[];
  /** Lets private, loopback and link-local addresses be reached: for closed networks and tests. */
  readonly allowPrivate: boolean;
  /** All addresses of a name. */
  readonly resolve?: (host: string) => Promise<readonly { address: string; family: number }[]>;
};
export type Outbound = ReturnType<typeof createOutbound>;

const inner = new BlockList();
for (const [network, bits] of [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 3],
] as const)
  inner.addSubnet(network, bits, "ipv4");
// Only global unicast is outside; of it, what carries an IPv4 address or is for documentation is not.
const outer = new BlockList();
outer.addSubnet("2000::", 3, "ipv6");
for (const [network, bits] of [
  ["2001::", 23],
  ["2001:db8::", 32],
  ["2002::", 16],
  ["3fff::", 20],
] as const)
  inner.addSubnet(network, bits, "ipv6");

/** Whether an address belongs to the public internet. */
export function isPublic(address: string): boolean {
  const family = isIP(address);
  if (family === 4) return !inner.check(address, "ipv4");
  return family === 6 && outer.check(address, "ipv6") && !inner.check(address, "ipv6");
}

/**
 * The one client for requests that a user's setting sends out. It connects only to the addresses that it has checked, so that a name which
 * resolves otherwise a moment later changes nothing, follows no redirect, and reads a bounded answer. Failures are CAP-OUT-001.
 */
export function createOutbound({ schemes, allowPrivate, resolve = (host) => lookup(host, { all: true }) }: OutboundOptions) {
  const refuse = (url: string, problem: string): CapstanError => new CapstanError("CAP-OUT-001", { url: url.slice(0, 300), problem });

  /** Form, protocol, and the address when it is a literal; what a name resolves to is looked at when it is sent to. */
  function checked(text: string): URL {
    let url: URL;
    try {
      url = new URL(text);
    } catch {
      throw refuse(text, "it is no URL");
    }
    const scheme = url.protocol.slice(0, -1);
    if (!schemes.includes(scheme)) throw refuse(text, `its scheme ${scheme} is none of ${schemes.join(", ")}`);
    if (url.username || url.password) throw refuse(text, "it holds a name or password");
    const host = url.hostname.replace(/^\[|\]$/g, "");
    if (!allowPrivate && (isIP(host) !== 0 ? !isPublic(host) : /(^|\.)localhost\.?$/i.test(host)))
      throw refuse(text, "its address is not public");
    return url;
  }

  return {
    checked,
    async send(wanted: OutboundRequest): Promise<OutboundReply> {
      const url = checked(wanted.url);
      const look: LookupFunction = (host, options, done) => {
        resolve(host).then(
          (found) => {
            const wrong = found.find((one) => !allowPrivate && !isPublic(one.address));
            const [first] = found;
            if (wrong || !first) return done(refuse(wanted.url, wrong ? "its address is not public" : "its name has no address"), "", 0);
            if (options.all) return done(null, [...found]);
            return done(null, first.address, first.family);
          },
          (error: unknown) => done(refuse(wanted.url, error instanceof Error ? error.message : String(error)), "", 0),
        );
      };
      const timeout = AbortSignal.timeout(wanted.timeoutMs);
      return new Promise((settle, fail) => {
        const failed = (error: unknown): void => {
          if (error instanceof CapstanError) return fail(error);
          fail(
            refuse(
              wanted.url,
              timeout.aborted ? `no answer within ${wanted.timeoutMs} ms` : error instanceof Error ? error.message : String(error),
            ),
          );
        };
        const request = (url.protocol === "https:" ? safeRequest : plainRequest)(
          url,
          {
            method: wanted.method,
            agent: false,
            lookup: look,
            signal: wanted.signal ? AbortSignal.any([timeout, wanted.signal]) : timeout,
            headers: {
              ...wanted.headers,
              ...(wanted.body !== undefined && { "content-length": String(Buffer.byteLength(wanted.body)) }),
            },
          },
          (response) => {
            const pieces: Buffer[] = [];
            let left = wanted.mostBytes ?? 65_536;
            const end = (): void =>
              settle({
                status: response.statusCode ?? 0,
                headers: Object.fromEntries(Object.entries(response.headers).map(([key, value]) => [key, String(value)])),
                text: Buffer.concat(pieces).toString(),
              });
            response.on("data", (piece: Buffer) => {
              pieces.push(piece.subarray(0, left));
              left -= piece.length;
              if (left > 0) return;
              end();
              response.destroy();
            });
            response.on("end", end);
            response.on("error", failed);
          },
        );
        request.on("error", failed);
        request.end(wanted.body);
      });
    },
  };
}
