/** `+0.0056` against a value before; undefined when either is no finite number or nothing changed. */
export function differenceOf(now: number | string | undefined, before: number | string | undefined): number | undefined {
  if (typeof now !== "number" || typeof before !== "number" || now === before) return undefined;
  return Number((now - before).toPrecision(4));
}

/** Names in the order given, those whose value is another than before first; a param that the other had only is left out. */
export const changedFirst = (params: Readonly<Record<string, string>>, before: Readonly<Record<string, string>> | undefined): string[] => {
  const names = Object.keys(params);
  if (!before) return names;
  const changed = (name: string): boolean => params[name] !== before[name];
  return [...names.filter(changed), ...names.filter((name) => !changed(name))];
};
