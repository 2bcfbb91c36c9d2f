/**
 * `store:` of a capstan.yaml, read without its other lines, which may be broken: a place by itself, or `database` and `blobs` below it.
 * A place by itself is a database when its URL says so, else one for objects.
 */
export function storeLines(text: string): { database?: string; blobs?: string } {
  const section = /^store:[ \t]*([^\n]*)((?:\n(?:[ \t]+[^\n]*|[ \t]*(?:#[^\n]*)?))*)/m.exec(text);
  if (!section) return {};
  const [, head = "", below = ""] = section;
  const alone = head.startsWith("{") ? undefined : valueOf(head);
  if (alone !== undefined) return /^postgres(ql)?:/.test(alone) ? { database: alone } : { blobs: alone };
  const of = (key: string): string | undefined => {
    const found = new RegExp(`(?:^|[\\s{,])${key}:[ \\t]+([^\\n]*)`).exec(head + below);
    return found ? valueOf(found[1] ?? "") : undefined;
  };
  const [database, blobs] = [of("database"), of("blobs")];
  return { ...(database !== undefined && { database }), ...(blobs !== undefined && { blobs }) };
}

/** A YAML scalar at the beginning of a text: quoted, or up to what ends a plain one. */
function valueOf(text: string): string | undefined {
  const found = /^"([^"]*)"|^'([^']*)'|^([^\s"'#,{}][^\s,}]*)/.exec(text);
  return found?.[1] ?? found?.[2] ?? found?.[3];
}
