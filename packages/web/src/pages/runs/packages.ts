/** Packages of a requirements file, with what it asks of their versions. */
export const packagesOf = (text: string): { name: string; version: string }[] =>
  text.split(/\r?\n/).flatMap((line) => {
    const match = /^\s*([A-Za-z0-9][\w.-]*(?:\[[\w, -]+\])?)\s*(?:(===?|[<>~!]=?)\s*([^#;]+?))?\s*(?:[#;].*)?$/.exec(line);
    if (!match) return [];
    const [, name = "", sign, version] = match;
    return [{ name, version: sign === undefined ? "any" : sign.startsWith("==") ? (version ?? "") : `${sign} ${version}` }];
  });
