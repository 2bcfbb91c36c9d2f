import { type Capability, capabilitiesOf, type Role } from "@capstan/contract";

/** Roles by project; null stands for all projects. */
export type Binding = { readonly role: Role; readonly project: string | null };
/** What a token takes away of what its principal may. */
export type Limit = { readonly roles: readonly Role[]; readonly projects: readonly string[] | null };
export type Rights = { readonly roles: readonly Role[]; readonly capabilities: ReadonlySet<Capability> };

/**
 * What a principal may, by bindings of its own and of its groups, within the limits of a token. Where no project is named, only what holds in every
 * project that is reached: so whoever looks at `capabilities` without a project never sees too much. `projects` is absent when all are reached.
 */
export function rightsOf(
  bindings: readonly Binding[],
  limit: Limit,
): Rights & { projects?: readonly string[]; within(project: string): Rights } {
  const allowed = limit.roles.length === 0 ? undefined : capabilitiesOf(limit.roles);
  const of = (roles: readonly Role[]): Rights => ({
    roles,
    capabilities: new Set([...capabilitiesOf(roles)].filter((one) => allowed === undefined || allowed.has(one))),
  });
  const everywhere = bindings.filter((one) => one.project === null);
  const named = [...new Set(bindings.flatMap((one) => (one.project === null ? [] : [one.project])))];
  const reached =
    limit.projects === null
      ? everywhere.length > 0
        ? undefined
        : named
      : limit.projects.filter((one) => everywhere.length > 0 || named.includes(one));
  const within = (project: string): Rights =>
    reached !== undefined && !reached.includes(project)
      ? of([])
      : of([...new Set(bindings.filter((one) => one.project === null || one.project === project).map((one) => one.role))]);
  const all = reached === undefined ? [of([...new Set(everywhere.map((one) => one.role))])] : reached.map(within);
  const [first, ...others] = all;
  return {
    roles: (first?.roles ?? []).filter((role) => others.every((one) => one.roles.includes(role))),
    capabilities: new Set([...(first?.capabilities ?? [])].filter((one) => others.every((other) => other.capabilities.has(one)))),
    ...(reached !== undefined && { projects: reached }),
    within,
  };
}
