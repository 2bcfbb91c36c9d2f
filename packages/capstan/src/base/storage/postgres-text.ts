/** A text with `?` in PostgreSQL's form. `name` when the statement is worth being prepared under one. */
export type PostgresText = { readonly text: string; readonly name: string | undefined };

const known = new Map<string, PostgresText>();
/** Names are kept by each connection for as long as it lives; statements beyond these are sent without. */
const nameLimit = 1000;

/** `?` becomes `$1`, `$2` … except in strings, quoted names and comments. */
export function postgresText(sql: string): PostgresText {
  let found = known.get(sql);
  if (!found) {
    const named = known.size < nameLimit && /^\s*(select|insert|update|delete|with)\b/i.test(sql);
    found = { text: toNumbered(sql), name: named ? `c${known.size}` : undefined };
    if (known.size < nameLimit) known.set(sql, found);
  }
  return found;
}

// In order: a string, a quoted name, a comment to the line's end, a comment in the line, a parameter.
const tokens = /'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|\/\*[\s\S]*?\*\/|\?/g;

function toNumbered(sql: string): string {
  let count = 0;
  return sql.replace(tokens, (token) => (token === "?" ? `$${++count}` : token));
}
