import { globSync, readFileSync, writeFileSync } from "node:fs";
import type { TableClass } from "../packages/capstan/src/base/storage/migrations.ts";
import { root } from "./tasks.ts";

export type DeclaredTable = { table: string; room: string; class: TableClass };

/** Every `*Tables` of the rooms. The store itself has one more: `migration`. */
export async function declaredTables(): Promise<DeclaredTable[]> {
  const found: DeclaredTable[] = [{ table: "migration", room: "base/storage", class: "operational" }];
  for (const file of globSync(["packages/capstan/src/*/*/migrations.ts", "packages/capstan/src/base/storage/{hosts,jobs}.ts"], {
    cwd: root,
  }).sort()) {
    const room = file.split("/").slice(3, 5).join("/");
    for (const [name, value] of Object.entries((await import(root + file)) as Record<string, unknown>)) {
      if (name.endsWith("Tables"))
        for (const [table, kind] of Object.entries(value as Record<string, TableClass>)) found.push({ table, room, class: kind });
    }
  }
  return found;
}

export const [begin, end] = ["<!-- tables: written by scripts/generate-formats.ts -->", "<!-- /tables -->"];

export async function tablesSection(): Promise<string> {
  const { rooms } = await import("../packages/capstan/src/rooms.ts");
  const all = await declaredTables();
  const of = (room: string, kind: TableClass): string =>
    all
      .filter((one) => one.room === room && one.class === kind)
      .map((one) => `\`${one.table}\``)
      .join(" ");
  const rows = rooms
    .filter((room) => all.some((one) => one.room === room))
    .map((room) => `| ${room} | ${of(room, "ledgered")} | ${of(room, "sealed")} | ${of(room, "operational")} |`);
  return ["| room | ledgered | sealed | operational |", "|---|---|---|---|", ...rows].join("\n");
}

/** `docs/formats.md` with its table as the rooms declare it now. */
export async function formatsPage(): Promise<string> {
  const page = readFileSync(`${root}docs/formats.md`, "utf8");
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  if (from < 0 || to < from) throw new Error("docs/formats.md has no place for the tables");
  return `${page.slice(0, from)}${begin}\n\n${await tablesSection()}\n\n${page.slice(to)}`;
}

if (import.meta.main) writeFileSync(`${root}docs/formats.md`, await formatsPage());
