export type Kind = "image" | "table" | "json" | "html" | "markdown" | "pdf" | "audio" | "video" | "text" | "pickle" | "onnx" | "bytes";

const endings: Record<Exclude<Kind, "bytes">, readonly string[]> = {
  image: ["png", "jpg", "jpeg", "gif", "webp", "bmp", "avif", "svg"],
  table: ["csv", "tsv", "parquet", "pq"],
  json: ["json", "geojson", "ipynb"],
  html: ["html", "htm"],
  markdown: ["md", "markdown"],
  pdf: ["pdf"],
  audio: ["mp3", "wav", "ogg", "flac", "m4a"],
  video: ["mp4", "webm"],
  onnx: ["onnx"],
  pickle: ["pkl", "pickle", "joblib", "pt", "pth"],
  text: [
    ...["txt", "log", "yaml", "yml", "toml", "ini", "cfg", "conf", "env", "xml", "jsonl", "ndjson", "diff", "patch", "lock"],
    ...["py", "r", "js", "mjs", "ts", "tsx", "jsx", "css", "sh", "sql", "java", "scala", "go", "rs", "c", "h", "cpp", "rb", "jl", "tex"],
  ],
};
const kinds = new Map(Object.entries(endings).flatMap(([kind, all]) => all.map((ending) => [ending, kind as Kind])));
const plainNames = new Set(["mlmodel", "mlproject", "dockerfile", "makefile", "license", "readme", "requirements"]);

/** What a file is shown as, by its name; bytes that no viewer knows are looked at before they are called text. */
export function kindOf(path: string): Kind {
  const name = (path.split("/").pop() ?? "").toLowerCase();
  const at = name.lastIndexOf(".");
  return (at === -1 ? undefined : kinds.get(name.slice(at + 1))) ?? (plainNames.has(name) ? "text" : "bytes");
}

/** Kinds that may also be read as the text they are written in. */
export const hasSource = (path: string, kind: Kind): boolean =>
  kind === "html" || kind === "markdown" || kind === "json" || (kind === "table" && !/\.(parquet|pq)$/i.test(path)) || /\.svg$/i.test(path);

/** Whether bytes read as text: no zero byte, and UTF-8 but for a character cut at the end. */
export function looksLikeText(bytes: Uint8Array): boolean {
  if (bytes.includes(0)) return false;
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: true });
    return true;
  } catch {
    return false;
  }
}

/** A file to be shown; `digest` is null where the server does not tell it. */
export type Shown = { path: string; url: string; download: string; sizeBytes: number; digest: string | null };

export const urlOf = (project: string, run: string, path: string): string =>
  `/api/v1/p/${project}/runs/${run}/files/${path.split("/").map(encodeURIComponent).join("/")}`;

/** Bytes `from` to before `to` of a file. */
export async function bytesOf(url: string, from: number, to: number, signal?: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
  if (to <= from) return new Uint8Array();
  const response = await fetch(url, { headers: { range: `bytes=${from}-${to - 1}` }, ...(signal && { signal }) });
  if (response.status !== 206 && response.status !== 200) throw new Error(`the file answers ${response.status}`);
  const bytes = new Uint8Array(await response.arrayBuffer());
  return response.status === 200 ? bytes.slice(from, to) : bytes;
}
