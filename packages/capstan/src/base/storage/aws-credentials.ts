import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { type Clock, systemClock } from "../foundation/clock.ts";
import { CapstanError } from "../foundation/errors.ts";
import { awsProfile, type Variables } from "./aws-files.ts";
import { type S3Credentials, tagIn } from "./s3-client.ts";

/** With the moment at which they end; undefined for those that do not. */
type Found = S3Credentials & { untilMs?: number | undefined };

/** New ones are fetched this long before those in hand end. */
const aheadMs = 5 * 60_000;
const metadataHost = "http://169.254.169.254";
const containerHost = "http://169.254.170.2";
/** A machine that has no metadata service must not hold up an error for long. */
const metadataTimeoutMs = 2000;

/**
 * Looks where the tools of AWS look, in their order: variables, a web identity (Kubernetes), the profile in the shared files (keys, or a command that prints them),
 * the container's service, the machine's metadata. Kept until shortly before they end; nothing is asked before the first use.
 */
export function createCredentials(variables: Variables, region: string, clock: Clock = systemClock): () => Promise<S3Credentials> {
  let held: Promise<Found> | undefined;
  let untilMs = 0;
  return async () => {
    if (held && clock.nowMs() < untilMs) return held;
    const asked = find(variables, region);
    held = asked;
    untilMs = Number.POSITIVE_INFINITY;
    try {
      const found = await asked;
      untilMs = found.untilMs === undefined ? Number.POSITIVE_INFINITY : found.untilMs - aheadMs;
      return found;
    } catch (error) {
      held = undefined;
      throw error;
    }
  };
}

async function find(variables: Variables, region: string): Promise<Found> {
  const found =
    fromVariables(variables) ??
    (await fromWebIdentity(variables, region)) ??
    (await fromProfile(variables)) ??
    (await fromContainer(variables)) ??
    (await fromMachine(variables));
  if (!found) throw refused("there are no credentials: none in AWS_ACCESS_KEY_ID, in the shared files, or from this container or machine");
  return found;
}

function fromVariables(variables: Variables): Found | undefined {
  const [accessKeyId, secretAccessKey, sessionToken] = [
    variables["AWS_ACCESS_KEY_ID"],
    variables["AWS_SECRET_ACCESS_KEY"],
    variables["AWS_SESSION_TOKEN"],
  ];
  return accessKeyId && secretAccessKey ? { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) } : undefined;
}

/** A signed token in a file, changed for credentials of a role. */
async function fromWebIdentity(variables: Variables, region: string): Promise<Found | undefined> {
  const [file, role] = [variables["AWS_WEB_IDENTITY_TOKEN_FILE"], variables["AWS_ROLE_ARN"]];
  if (!file || !role) return undefined;
  const endpoint = variables["AWS_ENDPOINT_URL_STS"] || `https://sts.${region}.amazonaws.com`;
  const body = new URLSearchParams({
    Action: "AssumeRoleWithWebIdentity",
    Version: "2011-06-15",
    RoleArn: role,
    RoleSessionName: variables["AWS_ROLE_SESSION_NAME"] || "capstan",
    WebIdentityToken: (await readFile(file, "utf8")).trim(),
  });
  const answer = await ask(endpoint, { method: "POST", body }, 10_000);
  const xml = await answer.text();
  if (!answer.ok) throw refused(`the role ${role} was not given: ${tagIn(xml, "Code") ?? answer.status}`);
  return fromAnswer(tagIn(xml, "AccessKeyId"), tagIn(xml, "SecretAccessKey"), tagIn(xml, "SessionToken"), tagIn(xml, "Expiration"));
}

async function fromProfile(variables: Variables): Promise<Found | undefined> {
  const profile = awsProfile(variables);
  const { aws_access_key_id: accessKeyId, aws_secret_access_key: secretAccessKey, aws_session_token: sessionToken } = profile;
  if (accessKeyId && secretAccessKey) return { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) };
  const command = profile["credential_process"];
  if (command) {
    const { stdout } = await promisify(execFile)("/bin/sh", ["-c", command], { timeout: 60_000, env: { ...variables } }).catch(
      (error: { code?: unknown }) => {
        throw refused(`the profile's credential_process failed with ${String(error.code)}`);
      },
    );
    return fromJson(stdout, "the profile's credential_process");
  }
  for (const key of ["sso_session", "sso_start_url", "role_arn"])
    if (profile[key])
      throw refused(
        `the profile uses ${key}, which Capstan cannot follow; let \`aws configure export-credentials\` print keys, by credential_process`,
      );
  return undefined;
}

async function fromContainer(variables: Variables): Promise<Found | undefined> {
  const relative = variables["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"];
  const address = relative ? `${containerHost}${relative}` : variables["AWS_CONTAINER_CREDENTIALS_FULL_URI"];
  if (!address) return undefined;
  const tokenFile = variables["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"];
  const token = tokenFile ? (await readFile(tokenFile, "utf8")).trim() : variables["AWS_CONTAINER_AUTHORIZATION_TOKEN"];
  const answer = await ask(address, { headers: token ? { authorization: token } : {} }, 5000);
  if (!answer.ok) throw refused(`the container's service answered ${answer.status}`);
  return fromJson(await answer.text(), "the container's service");
}

/** The second version of the metadata service, which wants a token of its own. */
async function fromMachine(variables: Variables): Promise<Found | undefined> {
  if (variables["AWS_EC2_METADATA_DISABLED"]?.toLowerCase() === "true") return undefined;
  const host = variables["AWS_EC2_METADATA_SERVICE_ENDPOINT"]?.replace(/\/+$/, "") || metadataHost;
  try {
    const asked = await ask(
      `${host}/latest/api/token`,
      { method: "PUT", headers: { "x-aws-ec2-metadata-token-ttl-seconds": "21600" } },
      metadataTimeoutMs,
    );
    if (!asked.ok) return undefined;
    const headers = { "x-aws-ec2-metadata-token": await asked.text() };
    const roles = `${host}/latest/meta-data/iam/security-credentials/`;
    const role = (await (await ask(roles, { headers }, metadataTimeoutMs)).text()).trim().split("\n")[0] ?? "";
    const answer = await ask(`${roles}${role}`, { headers }, metadataTimeoutMs);
    return role !== "" && answer.ok ? fromJson(await answer.text(), "the machine's metadata") : undefined;
  } catch (error) {
    if (error instanceof CapstanError) throw error;
    return undefined;
  }
}

const ask = (url: string, init: RequestInit, timeoutMs: number): Promise<Response> =>
  fetch(url, { ...init, signal: AbortSignal.timeout(timeoutMs) });

function fromJson(text: string, source: string): Found {
  let value: Record<string, string | undefined>;
  try {
    value = JSON.parse(text) as typeof value;
  } catch {
    throw refused(`${source} gave something that is no JSON`);
  }
  return fromAnswer(value["AccessKeyId"], value["SecretAccessKey"], value["SessionToken"] ?? value["Token"], value["Expiration"]);
}

function fromAnswer(accessKeyId?: string, secretAccessKey?: string, sessionToken?: string, expiration?: string): Found {
  if (!accessKeyId || !secretAccessKey) throw refused("credentials came without a key");
  const untilMs = expiration === undefined ? Number.NaN : Date.parse(expiration);
  return { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }), ...(Number.isFinite(untilMs) && { untilMs }) };
}

const refused = (problem: string): CapstanError => new CapstanError("CAP-STORE-001", { problem });
