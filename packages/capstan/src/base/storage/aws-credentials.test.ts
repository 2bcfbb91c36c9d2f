import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readEnvironment } from "../foundation/environment.ts";
import { createCredentials } from "./aws-credentials.ts";
import { s3Place } from "./s3-place.ts";

let folder: string;
let server: Server;
let url: string;
/** What was asked, and what is answered by path. */
const asked: string[] = [];
let answers: Record<string, string> = {};

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "aws-"));
  asked.length = 0;
  server = createServer((request, response) => {
    let body = "";
    request.on("data", (piece: Buffer) => (body += piece.toString()));
    request.on("end", () => {
      asked.push(
        `${request.method} ${request.url} ${request.headers["authorization"] ?? request.headers["x-aws-ec2-metadata-token"] ?? ""} ${body}`.trim(),
      );
      const answer = answers[request.url ?? ""];
      response.writeHead(answer === undefined ? 404 : 200).end(answer);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  await new Promise((resolve) => server.close(resolve));
  rmSync(folder, { recursive: true });
});

const nowhere = { AWS_EC2_METADATA_DISABLED: "true" };
const find = (variables: Record<string, string>) =>
  createCredentials({ HOME: folder, PATH: process.env["PATH"], ...nowhere, ...variables }, "eu-central-1")();
const document = (key: string, until = "2100-01-01T00:00:00Z") =>
  JSON.stringify({ Version: 1, AccessKeyId: key, SecretAccessKey: "hidden", Token: "t", SessionToken: "t", Expiration: until });

test("variables come first, then the profile in the shared files", async () => {
  writeFileSync(
    join(folder, "config"),
    "[default]\nregion = eu-west-1\n[profile work]\naws_access_key_id = from-config\naws_secret_access_key=s\n",
  );
  writeFileSync(join(folder, "credentials"), "[default]\naws_access_key_id = from-file\naws_secret_access_key = s # mine\n");
  const files = { AWS_CONFIG_FILE: join(folder, "config"), AWS_SHARED_CREDENTIALS_FILE: join(folder, "credentials") };
  expect(await find({ ...files, AWS_ACCESS_KEY_ID: "from-variable", AWS_SECRET_ACCESS_KEY: "s" })).toMatchObject({
    accessKeyId: "from-variable",
  });
  expect(await find(files)).toEqual({ accessKeyId: "from-file", secretAccessKey: "s" });
  expect(await find({ ...files, AWS_PROFILE: "work" })).toMatchObject({ accessKeyId: "from-config" });
  const place = s3Place("s3://models/a/b/", readEnvironment({ ...files, HOME: folder }));
  expect(place).toMatchObject({ bucketUrl: "https://models.s3.eu-west-1.amazonaws.com", prefix: "a/b/", region: "eu-west-1" });
  expect(s3Place("s3://models", readEnvironment({ HOME: folder, AWS_ENDPOINT_URL_S3: "http://minio:9000/" }))).toMatchObject({
    bucketUrl: "http://minio:9000/models",
    prefix: "",
  });
  expect(() => s3Place("s3://models", readEnvironment({ HOME: folder }))).toThrow(expect.objectContaining({ code: "CAP-STORE-013" }));
});

test("a command of the profile, and what cannot be followed is named", async () => {
  writeFileSync(
    join(folder, "config"),
    `[default]\ncredential_process = printf '${document("from-process")}'\n[profile sso]\nsso_session = work\n`,
  );
  const files = { AWS_CONFIG_FILE: join(folder, "config") };
  expect(await find(files)).toMatchObject({ accessKeyId: "from-process", sessionToken: "t" });
  await expect(find({ ...files, AWS_PROFILE: "sso" })).rejects.toThrow("sso_session");
});

test("a web identity, a container and a machine give short-lived ones", async () => {
  writeFileSync(join(folder, "token"), "signed\n");
  answers = {
    "/": "<R><Credentials><AccessKeyId>from-role</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>2100-01-01T00:00:00Z</Expiration></Credentials></R>",
    "/container": document("from-container"),
    "/latest/api/token": "session",
    "/latest/meta-data/iam/security-credentials/": "reader\n",
    "/latest/meta-data/iam/security-credentials/reader": document("from-machine"),
  };
  const role = { AWS_WEB_IDENTITY_TOKEN_FILE: join(folder, "token"), AWS_ROLE_ARN: "arn:aws:iam::1:role/a", AWS_ENDPOINT_URL_STS: url };
  expect(await find(role)).toMatchObject({ accessKeyId: "from-role", sessionToken: "t" });
  expect(asked[0]).toContain("WebIdentityToken=signed");
  expect(await find({ AWS_CONTAINER_CREDENTIALS_FULL_URI: `${url}/container`, AWS_CONTAINER_AUTHORIZATION_TOKEN: "mine" })).toMatchObject({
    accessKeyId: "from-container",
  });
  expect(asked[1]).toBe("GET /container mine");
  expect(await find({ AWS_EC2_METADATA_DISABLED: "false", AWS_EC2_METADATA_SERVICE_ENDPOINT: url })).toMatchObject({
    accessKeyId: "from-machine",
  });
  expect(asked.at(-1)).toContain("session");
});

test("they are asked for once, and again shortly before they end; none at all is said", async () => {
  let nowMs = Date.parse("2026-01-01T00:00:00Z");
  answers = { "/container": document("one", "2026-01-01T01:00:00Z") };
  const variables = { HOME: folder, AWS_CONTAINER_CREDENTIALS_FULL_URI: `${url}/container` };
  const credentials = createCredentials(variables, "eu-central-1", { nowMs: () => nowMs });
  await Promise.all([credentials(), credentials()]);
  nowMs += 54 * 60_000;
  await credentials();
  expect(asked.length).toBe(1);
  nowMs += 2 * 60_000;
  await credentials();
  expect(asked.length).toBe(2);
  await expect(find({})).rejects.toMatchObject({ code: "CAP-STORE-001" });
});
