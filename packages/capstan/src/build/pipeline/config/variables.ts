/** `${params.a.b} ${matrix.x} ${in.n} ${out.n}`: one pass, no defaults, no nesting. */
export type Variable = { text: string; kind: string; name: string; index: number };

const pattern = /\$\{([a-z]+)\.([A-Za-z0-9_.-]+)\}/g;

export const variablesIn = (text: string): Variable[] =>
  [...text.matchAll(pattern)].map((match) => ({ text: match[0], kind: match[1] ?? "", name: match[2] ?? "", index: match.index }));

/** Replaces each variable by what `value` gives; undefined leaves it as it stands. */
export const fill = (text: string, value: (variable: Variable) => string | undefined): string =>
  text.replace(pattern, (whole, kind: string, name: string, index: number) => value({ text: whole, kind, name, index }) ?? whole);

const harmless = /^[A-Za-z0-9_.,:/@%+=-]+$/;
const quoted = (value: string): string => `'${value.replaceAll("'", `'\\''`)}'`;

/**
 * Replaces variables in a shell text so that no value becomes code: each is quoted for the place where it stands (bare, in single or in double quotes).
 * `raw` are values that are shell text already. Inside a substitution the place cannot be told: a value that would need quotes there is handed to `refuse`.
 */
export function fillShell(
  text: string,
  value: (variable: Variable) => { text: string; raw?: boolean } | undefined,
  refuse: (variable: Variable) => void,
): string {
  const nested = /`|\$\(|<</.test(text);
  let quote = "";
  let at = 0;
  let filled = "";
  const advance = (until: number): void => {
    for (; at < until; at++) {
      const char = text[at];
      if (char === "\\" && quote !== "'") {
        filled += char;
        at++;
        if (at >= until) break;
      } else if (quote === "" && (char === "'" || char === '"')) quote = char;
      else if (char === quote) quote = "";
      filled += text[at];
    }
  };
  for (const variable of variablesIn(text)) {
    advance(variable.index);
    const found = value(variable);
    at = variable.index + variable.text.length;
    if (found === undefined) filled += variable.text;
    else if (found.raw) filled += quote === '"' ? found.text : quote === "'" ? `'"${found.text}"'` : `"${found.text}"`;
    else if (harmless.test(found.text)) filled += found.text;
    else if (nested) {
      refuse(variable);
      filled += variable.text;
    } else filled += quote === "" ? quoted(found.text) : `${quote}${quoted(found.text)}${quote}`;
  }
  advance(text.length);
  return filled;
}
