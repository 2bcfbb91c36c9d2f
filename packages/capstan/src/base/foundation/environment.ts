import { homedir, tmpdir, userInfo } from "node:os";
import { join } from "node:path";

/** Everything that the program takes from its surroundings, read here and nowhere else. */
export type Environment = {
  server: string | undefined;
  token: string | undefined;
  /** URL of the database and place of the objects, when no flag names them. May hold a password. */
  database: string | undefined;
  blobs: string | undefined;
  /** The person's own folder: signing keys, logins. Mode 0700, outside every store. */
  home: string;
  logLevel: "silent" | "info" | "debug" | "trace";
  user: string;
  ci: boolean;
  temp: string;
  /** Where a collector takes spans; nobody does without it. */
  otlpEndpoint: string | undefined;
  otlpService: string;
  /** The whole environment, to be handed on by name only. */
  variables: Readonly<Record<string, string | undefined>>;
};

export function readEnvironment(variables: Readonly<Record<string, string | undefined>> = process.env): Environment {
  const level = variables["CAPSTAN_LOG"];
  return {
    server: variables["CAPSTAN_SERVER"] || undefined,
    token: variables["CAPSTAN_TOKEN"] || undefined,
    database: variables["CAPSTAN_DATABASE"] || undefined,
    blobs: variables["CAPSTAN_BLOBS"] || undefined,
    home: variables["CAPSTAN_HOME"] || join(variables["XDG_STATE_HOME"] || join(homedir(), ".local", "state"), "capstan"),
    logLevel: level === "debug" || level === "trace" || level === "info" ? level : "silent",
    user: safeUserName(),
    ci: Boolean(variables["CI"]),
    temp: tmpdir(),
    otlpEndpoint:
      variables["OTEL_SDK_DISABLED"] === "true"
        ? undefined
        : variables["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"] || variables["OTEL_EXPORTER_OTLP_ENDPOINT"] || undefined,
    otlpService: variables["OTEL_SERVICE_NAME"] || "capstan",
    variables,
  };
}

/** What libraries are told so that they write nothing into the person's home and send nothing to their makers. Steps are told the same. */
export const quietLibraries: Readonly<Record<string, string>> = { ORT_DISABLE_TELEMETRY: "1" };

/** Before such a library is loaded. Counts for native code only on the main thread, where it is loaded first. */
export const quietenLibraries = (): void => void Object.assign(process.env, quietLibraries);

function safeUserName(): string {
  try {
    return (
      userInfo()
        .username.toLowerCase()
        .replace(/[^a-z0-9-]/g, "-") || "someone"
    );
  } catch {
    return "someone";
  }
}
