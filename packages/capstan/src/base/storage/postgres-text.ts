/** A text with `?` in PostgreSQL's form. `name` when its plan is worth being kept under one. */
export type PostgresText = { readonly text: string; readonly name: string | undefined };

const known = new Map<string, PostgresText>();
/** Names are kept by each connection for as long as it lives; statements beyond these are sent without. */
const nameLimit = 1000;
/** A plan that is kept looks at a longer list anew for every row, one by one; one that is made for the values makes a table of it. */
const mostParamsKept = 500;

/** `?` becomes `$1`, `$2` … except in strings, quoted names and comments. */
export function postgresText(sql: string): PostgresText {
  let found = known.get(sql);
  if (!found) {
    const { text, params } = toNumbered(sql);
    const kept =
      known.size < nameLimit &&
      (/^\s*(insert|update|delete)\b/i.test(sql) || (/^\s*(select|with)\b/i.test(sql) && params <= mostParamsKept));
    found = { text, name: kept ? `c${known.size}` : undefined };
    if (known.size < nameLimit) known.set(sql, found);
  }
  return found;
}

// In order: a string, a quoted name, a comment to the line's end, a comment in the line, a parameter.
const tokens = /'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|\/\*[\s\S]*?\*\/|\?/g;

function toNumbered(sql: string): { text: string; params: number } {
  let params = 0;
  const text = sql.replace(tokens, (token) => (token === "?" ? `$${++params}` : token));
  return { text, params };
}
