import type { OutputOf, Role } from "@capstan/contract";
import type { accessOperations } from "@capstan/contract/operations/access";
import { CapstanError } from "../../../base/foundation/errors.ts";
import type { Context } from "../context.ts";
import { table } from "../format.ts";

type Listed = OutputOf<(typeof accessOperations)["access.principals"]>;

export async function user(context: Context, word: string, name: string | undefined): Promise<number> {
  const { out } = context;
  const connection = await context.write();
  if (word === "list") {
    const listed = await connection.call("access.principals", {});
    out.document(listed);
    const rows = listed.principals.map((one) => [
      one.principal,
      one.ended === null ? one.kind : `ended ${one.ended.slice(0, 10)}`,
      rolesOf(one.roles),
      one.groups.map((group) => `group ${group}`).join(", "),
      `${one.tokens} ${one.tokens === 1 ? "token" : "tokens"}`,
      one.title,
    ]);
    for (const line of table(rows, "")) out.result(line);
    return 0;
  }
  const principal = named(name, "user");
  if (word === "add") {
    const made = await connection.call("access.addPrincipal", {
      principal,
      kind: context.on("service") ? "service" : "person",
      title: context.text("title") ?? "",
    });
    out.document(made);
    out.result(`${principal} is there, without any right yet.`);
    out.talk(`next       capstan admin user role ${principal} --role contributor`);
    return 0;
  }
  if (word === "end") {
    out.document(await connection.call("access.endPrincipal", { principal }));
    out.result(`${principal} acts no more: tokens, roles and memberships have ended.`);
    return 0;
  }
  if (word === "role") return setRoles(context, { principal });
  throw new CapstanError("CAP-USAGE-001", { problem: "write `admin user list|add|end|role`", verb: "admin" });
}

export async function group(context: Context, word: string, name: string | undefined, member: string | undefined): Promise<number> {
  const { out } = context;
  const connection = await context.write();
  if (word === "list") {
    const { groups } = await connection.call("access.principals", {});
    out.document({ groups });
    for (const line of table(
      groups.map((one) => [one.group, rolesOf(one.roles), one.members.join(", ") || "no members"]),
      "",
    ))
      out.result(line);
    return 0;
  }
  const known = named(name, "group");
  if (word === "add") {
    out.document(await connection.call("access.addGroup", { group: known }));
    out.result(`${known} is there, without members.`);
    return 0;
  }
  if (word === "remove") {
    out.document(await connection.call("access.removeGroup", { group: known }));
    out.result(`${known} is gone, with the roles that its members had by it.`);
    return 0;
  }
  if (word === "role") return setRoles(context, { group: known });
  if (word === "join" || word === "leave") {
    const principal = named(member, "user");
    const { changed } = await connection.call("access.setMember", { group: known, principal, member: word === "join" });
    out.document({ changed });
    out.result(`${principal} ${word === "join" ? "is in" : "is not in"} ${known}${changed ? "" : ", as before"}.`);
    return 0;
  }
  throw new CapstanError("CAP-USAGE-001", { problem: "write `admin group list|add|remove|join|leave|role`", verb: "admin" });
}

async function setRoles(context: Context, holder: { principal: string } | { group: string }): Promise<number> {
  const { out } = context;
  const roles = context.texts("role") as Exclude<Role, "attempt">[];
  if (roles.length === 0) throw new CapstanError("CAP-USAGE-001", { problem: "which role?", verb: "admin" });
  const connection = await context.write();
  const projects = context.texts("only");
  const held = !context.on("off");
  let changed = 0;
  for (const role of roles)
    for (const only of projects.length > 0 ? projects : [undefined])
      if ((await connection.call("access.setRole", { ...holder, role, held, ...(only !== undefined && { only }) })).changed) changed++;
  out.document({ ...holder, roles, projects, held, changed });
  const name = "principal" in holder ? holder.principal : holder.group;
  out.result(
    `${name} ${held ? "is" : "is no longer"} ${roles.join(", ")} ${projects.length > 0 ? `in ${projects.join(", ")}` : "in all projects"}${changed === 0 ? ", as before" : ""}.`,
  );
  return 0;
}

const rolesOf = (roles: Listed["groups"][number]["roles"]): string =>
  roles.map((one) => (one.project === null ? one.role : `${one.role} in ${one.project}`)).join(", ") || "no role";

function named(name: string | undefined, noun: string): string {
  if (name === undefined) throw new CapstanError("CAP-USAGE-001", { problem: `which ${noun}?`, verb: "admin" });
  return name;
}
