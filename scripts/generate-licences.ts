import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { root } from "./tasks.ts";

type Locked = { version?: string; license?: string; dev?: boolean; link?: boolean; os?: string[]; cpu?: string[]; optional?: boolean };
type Package = { name: string; version: string; licence: string; copyright: string; text: string };

/** What users are given: no tools of development, none of our own packages. What only one platform needs is named without its text. */
function locked(): { every: [string, Locked][]; platform: [string, Locked][] } {
  const lock = JSON.parse(readFileSync(`${root}package-lock.json`, "utf8")) as { packages: Record<string, Locked> };
  const all = Object.entries(lock.packages).filter(([path, one]) => path.includes("node_modules/") && !one.dev && !one.link);
  return { every: all.filter(([, one]) => !one.os && !one.cpu), platform: all.filter(([, one]) => one.os ?? one.cpu) };
}

const nameOf = (path: string): string => path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length);
const copyrightLine = /^\s*(?:[*#/ ]*)?(?:copyright\b.*\d{4}.*|copyright (?:\(c\)|©).*|\(c\) .*\d{4}.*|© .*)$/i;

function read([path, one]: [string, Locked]): Package {
  const folder = `${root}${path}`;
  const file = existsSync(folder)
    ? readdirSync(folder)
        .filter((name) => /^(licen[cs]e|copying)(\.(md|txt|mit))?$/i.test(name))
        .sort()[0]
    : undefined;
  const text = file === undefined ? "" : readFileSync(`${folder}/${file}`, "utf8").replaceAll("\r\n", "\n");
  const lines = text.split("\n");
  const apache = /Apache License\s+Version 2\.0/.test(text);
  const copyright = apache
    ? ""
    : lines
        .filter((line) => copyrightLine.test(line))
        .map((line) => line.trim().replace(/^[*#/ ]+/, ""))
        .join("; ");
  const body = apache
    ? "Apache License 2.0: see LICENSE"
    : lines
        .filter((line) => !copyrightLine.test(line))
        .join("\n")
        .replace(/[ \t]+$/gm, "")
        .replace(/\n{3,}/g, "\n\n")
        .trim();
  return { name: nameOf(path), version: one.version ?? "", licence: one.license ?? "see its files", copyright, text: body };
}

/** `THIRD-PARTY-LICENSES.md`, from the lock and the licence files of the installed packages. */
export function licencesPage(): string {
  const { every, platform } = locked();
  const packages = every.map(read).sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : a.version < b.version ? -1 : 1));
  const unique = [...new Map(packages.map((one) => [`${one.name}@${one.version}`, one])).values()];
  const cell = (text: string): string => text.replaceAll("|", "\\|").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  const natives = new Map<string, Set<string>>();
  for (const [path, one] of platform) {
    const key = `${nameOf(path)} ${one.version}`;
    natives.set(key, new Set([one.license ?? "as the package that names it"]));
  }
  const lines = [
    "# Third-party licences",
    "",
    "What Capstan uses when it runs, its pages included; tools of development are not listed. Written by `scripts/generate-licences.ts` from `package-lock.json` and the files of the installed packages.",
    "",
    "| package | version | licence | copyright |",
    "|---|---|---|---|",
    ...unique.map((one) => `| ${one.name} | ${one.version} | ${one.licence} | ${cell(one.copyright)} |`),
    "",
    "## For one platform only",
    "",
    "Of these, an installation has those of its own platform. The engines bring notices of their own in their folders.",
    "",
    "| package | licence |",
    "|---|---|",
    ...[...natives].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, licences]) => `| ${name} | ${[...licences].join(", ")} |`),
    "",
    "## Texts",
  ];
  const texts = Map.groupBy(
    unique.filter((one) => one.text !== ""),
    (one) => one.text.replace(/\s+/g, " "),
  );
  for (const group of texts.values()) {
    lines.push(
      "",
      `### ${group
        .map((one) => one.name)
        .filter((name, i, all) => all.indexOf(name) === i)
        .join(", ")}`,
      "",
      "```text",
      group[0]?.text ?? "",
      "```",
    );
  }
  return `${lines.join("\n")}\n`;
}

if (import.meta.main) writeFileSync(`${root}THIRD-PARTY-LICENSES.md`, licencesPage());
