import { AwsClient } from "aws4fetch";
import { setTimeout as pause } from "node:timers/promises";
import { CapstanError } from "../foundation/errors.ts";

export type S3Credentials = { accessKeyId: string; secretAccessKey: string; sessionToken?: string };
export type S3Place = {
  /** URL of the bucket, by path (`https://host/bucket`) or by name (`https://bucket.host`). */
  bucketUrl: string;
  /** Before every key, with its slash at the end; may be empty. */
  prefix: string;
  region: string;
  /** Asked before each request, so that short-lived ones may change. */
  credentials: () => Promise<S3Credentials>;
};
type S3Request = {
  method: string;
  key?: string;
  query?: Record<string, string>;
  headers?: Record<string, string>;
  body?: Uint8Array | string;
  statuses: readonly number[];
};

const tryLimit = 5;
const firstPauseMs = 100;

function createSigner(place: S3Place): () => Promise<AwsClient> {
  let held: { credentials: S3Credentials; client: AwsClient } | undefined;
  return async () => {
    const credentials = await place.credentials();
    if (held?.credentials.accessKeyId !== credentials.accessKeyId || held.credentials.sessionToken !== credentials.sessionToken) {
      held = { credentials, client: new AwsClient({ ...credentials, service: "s3", region: place.region, retries: 0 }) };
    }
    return held.client;
  };
}
function urlOf(place: S3Place, { key, query = {} }: Pick<S3Request, "key" | "query">): URL {
  const url = new URL(`${place.bucketUrl.replace(/\/$/, "")}/${key === undefined ? "" : encodeURI(place.prefix + key)}`);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  return url;
}

/** Addresses of one bucket that hold their own permission, for so many seconds: whoever knows one may do this one thing with it. */
export function createS3Addresses(place: S3Place) {
  const signer = createSigner(place);
  return async function address(request: Pick<S3Request, "method" | "key" | "query">, seconds: number): Promise<string> {
    const url = urlOf(place, request);
    url.searchParams.set("X-Amz-Expires", String(seconds));
    return (await (await signer()).sign(url, { method: request.method, aws: { signQuery: true } })).url;
  };
}

/** Signed requests to one bucket. What the network lost or the service was too busy for is asked again; every request used here may be repeated. */
export function createS3Client(place: S3Place) {
  const signer = createSigner(place);

  /** The answer when its status is one of those that are expected. */
  return async function ask(request: S3Request): Promise<Response> {
    const url = urlOf(place, request);
    for (let tries = 1; ; tries++) {
      const last = tries === tryLimit;
      try {
        const client = await signer();
        const response = await client.fetch(url, {
          method: request.method,
          headers: request.headers ?? {},
          ...(request.body !== undefined && { body: request.body as NonNullable<RequestInit["body"]> }),
        });
        if (request.statuses.includes(response.status)) return response;
        const text = request.method === "HEAD" ? "" : await response.text().catch(() => "");
        if (last || (response.status < 500 && response.status !== 429 && response.status !== 408)) {
          throw new CapstanError("CAP-STORE-001", {
            problem: `${url.host} answered ${response.status}${codeIn(text)} to ${request.method}`,
          });
        }
      } catch (error) {
        if (error instanceof CapstanError) throw error;
        if (last)
          throw new CapstanError("CAP-STORE-001", { problem: `${url.host} cannot be reached: ${reasonOf(error)}` }, { cause: error });
      }
      await pause(firstPauseMs * 2 ** (tries - 1));
    }
  };
}

export type S3Ask = ReturnType<typeof createS3Client>;

export const tagIn = (xml: string, tag: string): string | undefined =>
  new RegExp(`<${tag}>([^<]*)</${tag}>`).exec(xml)?.[1]?.replaceAll("&quot;", '"').replaceAll("&amp;", "&");
const codeIn = (xml: string): string => {
  const code = tagIn(xml, "Code");
  return code === undefined ? "" : ` ${code}`;
};
const reasonOf = (error: unknown): string => {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? ("code" in cause && cause.code ? String(cause.code) : cause.message) : String(cause);
};
/** What stands between each pair of these tags. */
export const tagsIn = (xml: string, tag: string): string[] =>
  [...xml.matchAll(new RegExp(`<${tag}>([\\s\\S]*?)</${tag}>`, "g"))].map(([, inner = ""]) => inner);
