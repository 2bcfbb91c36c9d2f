import { execFile } from "node:child_process";
import { existsSync, realpathSync, statSync } from "node:fs";
import { basename, delimiter, dirname, join } from "node:path";
import type { Command } from "./model.ts";

/** Environments that are found upward and linked into a sandbox: the lock covers them, they are no inputs. */
export const linkedFolders = ["node_modules", ".venv"] as const;

/** Variables that every step sees, besides what its `env` lists: how to find programs, write text, reach the network. */
const through =
  /^(PATH|HOME|LANG|LANGUAGE|LC_[A-Z]+|TZ|TMPDIR|TEMP|TMP|VIRTUAL_ENV|CONDA_PREFIX|CUDA_[A-Z_]+|NVIDIA_[A-Z_]+|HIP_VISIBLE_DEVICES|ROCR_VISIBLE_DEVICES|HTTPS?_PROXY|https?_proxy|ALL_PROXY|all_proxy|NO_PROXY|no_proxy|SSL_CERT_FILE|SSL_CERT_DIR|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE|NODE_EXTRA_CA_CERTS)$/;

type Variables = Readonly<Record<string, string | undefined>>;

export const passedThrough = (variables: Variables, listed: readonly string[]): Record<string, string> =>
  Object.fromEntries(
    Object.entries(variables).filter(
      (entry): entry is [string, string] =>
        entry[1] !== undefined && (through.test(entry[0]) || (listed.includes(entry[0]) && !entry[0].startsWith("CAPSTAN_"))),
    ),
  );

/** Each `node_modules/.bin` from the folder upward, an active virtual environment, the folder of the running Node, then the person's own. */
export function searchPath(folder: string, variables: Variables): string {
  const folders: string[] = [];
  for (let at = folder; ; at = dirname(at)) {
    const bin = join(at, "node_modules", ".bin");
    if (existsSync(bin)) folders.push(bin);
    if (dirname(at) === at) break;
  }
  for (const environment of [join(folder, ".venv"), variables["VIRTUAL_ENV"]])
    if (environment && existsSync(join(environment, "bin"))) folders.push(join(environment, "bin"));
  return [...new Set([...folders, dirname(process.execPath), ...(variables["PATH"] ?? "/usr/local/bin:/usr/bin:/bin").split(delimiter)])]
    .filter(Boolean)
    .join(delimiter);
}

const interpreters = /^(node|bun|deno|python[\d.]*|pypy[\d.]*|Rscript|R|julia|ruby|perl|java|duckdb|sqlite3)$/;
const known = new Map<string, string>();

/** Name and version of the interpreter that a command begins with, such as `node 26.10.0`; null when it begins with none that is known. */
export async function interpreterOf(command: Command, path: string): Promise<string | null> {
  const words = "argv" in command ? command.argv : command.text.trim().split(/\s+/);
  const word = words.find((one) => !/^\w+=/.test(one)) ?? "";
  if (!interpreters.test(basename(word))) return null;
  const file = word.includes("/")
    ? word
    : path
        .split(delimiter)
        .map((folder) => join(folder, word))
        .find((one) => statSync(one, { throwIfNoEntry: false })?.isFile());
  if (!file || !existsSync(file)) return null;
  const real = realpathSync(file);
  if (real === realpathSync(process.execPath)) return `node ${process.versions.node}`;
  const info = statSync(real);
  const key = `${real} ${info.size} ${info.mtimeMs}`;
  let version = known.get(key);
  if (version === undefined) {
    version = await new Promise<string>((resolve) =>
      execFile(real, ["--version"], { timeout: 10_000, env: { PATH: path } }, (error, stdout, stderr) =>
        resolve(/\d+(\.\d+)+/.exec(`${stdout} ${stderr}`)?.[0] ?? (error ? "unknown" : "unversioned")),
      ),
    );
    known.set(key, version);
  }
  return `${basename(word)} ${version}`;
}
