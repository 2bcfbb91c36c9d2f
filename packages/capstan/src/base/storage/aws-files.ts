import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

export type Variables = Readonly<Record<string, string | undefined>>;
export type AwsProfile = Readonly<Record<string, string>>;

/** The values of the profile in force, from `~/.aws/config` and over them `~/.aws/credentials`. Empty when there is neither. */
export function awsProfile(variables: Variables): AwsProfile {
  const name = variables["AWS_PROFILE"] || variables["AWS_DEFAULT_PROFILE"] || "default";
  const folder = join(variables["HOME"] || homedir(), ".aws");
  const config = readSections(variables["AWS_CONFIG_FILE"] || join(folder, "config"));
  const credentials = readSections(variables["AWS_SHARED_CREDENTIALS_FILE"] || join(folder, "credentials"));
  return { ...config.get(name), ...config.get(`profile ${name}`), ...credentials.get(name) };
}

/** `[section]` and `key = value`; nested values, which are indented, and comments are left out. */
export function readSections(path: string): Map<string, Record<string, string>> {
  const sections = new Map<string, Record<string, string>>();
  if (!existsSync(path)) return sections;
  let current: Record<string, string> = {};
  for (const line of readFileSync(path, "utf8").split(/\r?\n/)) {
    const section = /^\s*\[\s*([^\]]+?)\s*\]/.exec(line)?.[1]?.replace(/\s+/g, " ");
    if (section !== undefined) {
      current = sections.get(section) ?? {};
      sections.set(section, current);
      continue;
    }
    const pair = /^([\w-]+)\s*=\s*(.*?)\s*$/.exec(line);
    if (pair?.[1] !== undefined) current[pair[1].toLowerCase()] = (pair[2] ?? "").replace(/\s+[#;].*$/, "");
  }
  return sections;
}
