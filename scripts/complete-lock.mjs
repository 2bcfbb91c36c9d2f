// Adds lock entries for optional platform packages that the registry in use could not resolve, so that `npm ci` accepts the lock on every platform.
// Run after every change of package-lock.json.
import { readFileSync, writeFileSync } from "node:fs";

const lock = JSON.parse(readFileSync("package-lock.json", "utf8"));
const packages = lock.packages;

/** The lock key that `name` resolves to when imported from the package at `from`, walking outward as Node does. */
const find = (from, name) => {
  for (let at = from; ; at = at.slice(0, Math.max(at.lastIndexOf("/node_modules/"), 0))) {
    const key = (at ? at + "/" : "") + "node_modules/" + name;
    if (packages[key]) return key;
    if (!at) return undefined;
  }
};

const OS = {
  android: "android",
  darwin: "darwin",
  linux: "linux",
  win32: "win32",
  windows: "win32",
  win: "win32",
  freebsd: "freebsd",
  openharmony: "openharmony",
  netbsd: "netbsd",
  openbsd: "openbsd",
  sunos: "sunos",
  aix: "aix",
  wasm32: "wasm",
  wasi: "wasi",
};
const CPU = ["arm64", "x64", "ia32", "arm", "ppc64", "riscv64", "s390x", "loong64", "mips64el", "wasm32"];
let added = 0;
for (const [key, pkg] of Object.entries({ ...packages })) {
  for (const [name, range] of Object.entries(pkg.optionalDependencies ?? {})) {
    const found = find(key, name);
    const exact = /^\d/.test(range) ? range : undefined;
    if (found && (!exact || packages[found].version === exact)) continue;
    const words = name.split(/[/\-.]/);
    const os = words.map((word) => OS[word]).find(Boolean);
    const cpu = CPU.find((c) => words.includes(c)) ?? words.map((word) => /^(arm|ppc64|x64|arm64)/.exec(word)?.[0]).find(Boolean);
    if (!os && !cpu) {
      console.error(`no platform can be read from the name ${name}, wanted by ${key}`);
      process.exitCode = 1;
      continue;
    }
    packages[(found ? key + "/" : "") + "node_modules/" + name] = {
      version: String(range).replace(/^[\^~]/, ""),
      optional: true,
      ...(cpu && { cpu: [cpu] }),
      ...(os && { os: [os] }),
      ...(os === "linux" && /musl/.test(name) && { libc: ["musl"] }),
      ...(key !== "" && pkg.dev && { dev: true }),
    };
    added++;
  }
}
lock.packages = Object.fromEntries(Object.entries(packages).sort(([a], [b]) => (a < b ? -1 : 1)));
writeFileSync("package-lock.json", JSON.stringify(lock, null, 2) + "\n");
console.log(`added ${added}`);
