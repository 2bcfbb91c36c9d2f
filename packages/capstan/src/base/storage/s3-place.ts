import type { Environment } from "../foundation/environment.ts";
import { CapstanError } from "../foundation/errors.ts";
import { createCredentials } from "./aws-credentials.ts";
import { awsProfile } from "./aws-files.ts";
import type { S3Place } from "./s3-client.ts";

/**
 * `s3://bucket/prefix` with what the surroundings say: region, and an endpoint for what speaks like S3. With an endpoint the bucket stands in the path.
 * Credentials are looked for at the first request.
 */
export function s3Place(text: string, environment: Environment): S3Place {
  const url = new URL(text);
  const { variables } = environment;
  const profile = awsProfile(variables);
  const endpoint = variables["AWS_ENDPOINT_URL_S3"] || variables["AWS_ENDPOINT_URL"] || profile["endpoint_url"];
  const region = variables["AWS_REGION"] || variables["AWS_DEFAULT_REGION"] || profile["region"] || (endpoint ? "us-east-1" : undefined);
  if (region === undefined)
    throw new CapstanError("CAP-STORE-013", {
      what: "the objects",
      problem: "no region is named; set AWS_REGION, or `region` in ~/.aws/config",
    });
  const bucket = url.hostname;
  const prefix = decodeURIComponent(url.pathname.slice(1)).replace(/\/+$/, "");
  return {
    // A name with dots does not fit the certificate of a host of its own.
    bucketUrl: endpoint
      ? `${endpoint.replace(/\/+$/, "")}/${bucket}`
      : bucket.includes(".")
        ? `https://s3.${region}.amazonaws.com/${bucket}`
        : `https://${bucket}.s3.${region}.amazonaws.com`,
    prefix: prefix === "" ? "" : `${prefix}/`,
    region,
    credentials: createCredentials(variables, region),
  };
}
