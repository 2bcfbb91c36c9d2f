import { To } from "./format.tsx";

const names = /\b(R-[1-9]\d*|INC-[1-9]\d*|[a-z][a-z0-9-]*@v[1-9]\d*|entry #?\d+)\b/g;

/** A sentence of the record with the releases, incidents and model versions that it names as links to their pages. */
export function Linked({ text, base, model }: { text: string; base: string; /** Then a bare `v3` is its version. */ model?: string }) {
  const pattern = model === undefined ? names : new RegExp(`${names.source}|\\bv[1-9]\\d*\\b`, "g");
  const parts: React.ReactNode[] = [];
  let from = 0;
  for (const match of text.matchAll(pattern)) {
    const [name] = match;
    parts.push(
      text.slice(from, match.index),
      <To key={match.index} className="inline-link" href={hrefOf(base, name, model)}>
        {name}
      </To>,
    );
    from = match.index + name.length;
  }
  return (
    <>
      {parts}
      {text.slice(from)}
    </>
  );
}

function hrefOf(base: string, name: string, model: string | undefined): string {
  if (name.startsWith("R-")) return `${base}/releases/${name}`;
  if (name.startsWith("INC-")) return `${base}/incidents/${name}`;
  if (name.startsWith("entry ")) return `${base}/record/${name.replace(/^entry #?/, "")}`;
  if (name.includes("@")) return `${base}/models/${name.replace("@", "/")}`;
  return `${base}/models/${model}/${name}`;
}
