import { readFileSync } from "node:fs";
import { globSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { rooms } from "../packages/capstan/src/rooms.ts";

/** One import that goes against the order of the house. */
export type Violation = { from: string; to: string; rule: string };

const imports = /(?:^|[\s;])(?:import|export)\s*(?:type\s+)?(?:[\w*{}\s,$]+\s+from\s*)?["']([^"']+)["']|import\(\s*["']([^"']+)["']\s*\)/g;

/** What each package may import of ours. */
const packages: Record<string, readonly string[]> = {
  contract: [],
  statistics: [],
  client: ["@capstan/contract"],
  web: ["@capstan/contract", "@capstan/client"],
  capstan: ["@capstan/contract", "@capstan/statistics", "@capstan/client", "@capstan/web"],
};

/** Reads every source file below `root` and names each import that a room or package may not make. */
export function findViolations(root: string): Violation[] {
  const found: Violation[] = [];
  const source = join(root, "packages/capstan/src");
  const roomOf = (file: string): number => {
    const path = relative(source, file);
    return rooms.findIndex((room) => path.startsWith(`${room}/`));
  };
  for (const file of globSync("packages/*/src/**/*.{ts,tsx}", { cwd: root })) {
    const full = join(root, file);
    const own = file.split("/")[1] ?? "";
    const test = /\.test\.tsx?$/.test(file) || file.includes("/testing/");
    for (const match of readFileSync(full, "utf8").matchAll(imports)) {
      const target = match[1] ?? match[2] ?? "";
      if (target.startsWith("@capstan/") || target === "capstan") {
        const name = target.split("/").slice(0, 2).join("/");
        if (!packages[own]?.includes(name) && name !== `@capstan/${own}`)
          found.push({ from: file, to: target, rule: `package ${own} may import ${packages[own]?.join(", ") || "nothing of ours"}` });
        continue;
      }
      if (!target.startsWith(".")) continue;
      const to = resolve(dirname(full), target);
      const toPackage = relative(join(root, "packages"), to).split("/")[0];
      if (toPackage !== own) found.push({ from: file, to: relative(root, to), rule: "a package is imported by its name" });
      if (own !== "capstan" || test) continue;
      const [a, b] = [roomOf(full), roomOf(to)];
      if (a < 0) continue;
      const top = relative(source, to);
      if (b < 0 && !(rooms[a]?.startsWith("face/") ?? false))
        found.push({ from: file, to: top, rule: `room ${rooms[a]} may not import the composition` });
      if (b > a) found.push({ from: file, to: relative(root, to), rule: `room ${rooms[a]} stands before ${rooms[b]}` });
    }
  }
  return found;
}

if (import.meta.main) {
  const violations = findViolations(fileURLToPath(new URL("..", import.meta.url)));
  for (const one of violations) console.error(`${one.from} imports ${one.to}: ${one.rule}`);
  console.log(violations.length === 0 ? "rooms: in order" : `rooms: ${violations.length} imports against the order`);
  process.exitCode = violations.length === 0 ? 0 : 1;
}
