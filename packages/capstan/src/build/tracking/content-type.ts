const types: Record<string, string> = {
  txt: "text/plain; charset=utf-8",
  log: "text/plain; charset=utf-8",
  md: "text/markdown; charset=utf-8",
  csv: "text/csv; charset=utf-8",
  tsv: "text/tab-separated-values; charset=utf-8",
  json: "application/json",
  yaml: "text/plain; charset=utf-8",
  yml: "text/plain; charset=utf-8",
  html: "text/html; charset=utf-8",
  svg: "image/svg+xml",
  png: "image/png",
  jpg: "image/jpeg",
  jpeg: "image/jpeg",
  gif: "image/gif",
  webp: "image/webp",
  bmp: "image/bmp",
  pdf: "application/pdf",
  parquet: "application/vnd.apache.parquet",
  xml: "text/xml; charset=utf-8",
  toml: "text/plain; charset=utf-8",
  ini: "text/plain; charset=utf-8",
  cfg: "text/plain; charset=utf-8",
  py: "text/plain; charset=utf-8",
  mp3: "audio/mpeg",
  wav: "audio/wav",
  mp4: "video/mp4",
  onnx: "application/octet-stream",
};

/** By the name's ending, or the whole name of MLflow's descriptions; unknown ones are bytes. */
export const contentTypeOf = (path: string): string =>
  /(^|\/)ml(model|project)$/i.test(path)
    ? "text/plain; charset=utf-8"
    : (types[/\.([a-z0-9]+)$/i.exec(path)?.[1]?.toLowerCase() ?? ""] ?? "application/octet-stream");
