import { useQuery } from "@tanstack/react-query";
import { IconDownload } from "@tabler/icons-react";
import { type ComponentType, lazy, Suspense, useId, useState } from "react";
import { bytes, Digest } from "../../../parts/format.tsx";
import { Failure } from "../../../parts/layout.tsx";
import { bytesOf, hasSource, type Kind, kindOf, looksLikeText, type Shown } from "./files.ts";
import type { FileSource } from "./sources.ts";

const viewer = <P,>(load: () => Promise<Record<string, unknown>>, name: string) =>
  lazy(async () => ({ default: (await load())[name] as ComponentType<P> }));
const TextViewer = viewer<{ file: Shown }>(() => import("./text-viewer.tsx"), "TextViewer");
const JsonViewer = viewer<{ file: Shown }>(() => import("./json-viewer.tsx"), "JsonViewer");
const MarkdownViewer = viewer<{ file: Shown }>(() => import("./markdown-viewer.tsx"), "MarkdownViewer");
const OnnxViewer = viewer<{ file: Shown }>(() => import("./onnx-viewer.tsx"), "OnnxViewer");
const TableViewer = viewer<{ project: string; run: string; file: Shown }>(() => import("./table-viewer.tsx"), "TableViewer");

/** One file as what it is, or as the text it is written in. Whatever it holds has no right of this page. */
export function Viewer({
  tables,
  file,
  of,
}: {
  tables: FileSource["tables"];
  file: Shown;
  /** Whose it is, where several are shown. */ of?: string;
}) {
  const id = useId();
  const [source, setSource] = useState(false);
  const kind = kindOf(file.path);
  const name = file.path.split("/").pop() ?? file.path;
  return (
    <section className="viewer" {...(of === undefined ? { "aria-labelledby": id } : { "aria-label": `${file.path} of ${of}` })}>
      <header>
        <h2 id={id} title={file.path}>
          {name}
        </h2>
        <span className="muted">{bytes(file.sizeBytes)}</span>
        {file.digest !== null && <Digest digest={file.digest} />}
        <span className="acts">
          {hasSource(file.path, kind) && (
            <span className="segments" role="group" aria-label="Shown as">
              <button type="button" aria-pressed={!source} onClick={() => setSource(false)}>
                {kind === "table" ? "Table" : kind === "json" ? "Tree" : kind === "image" ? "Image" : "Page"}
              </button>
              <button type="button" aria-pressed={source} onClick={() => setSource(true)}>
                Source
              </button>
            </span>
          )}
          <a className="button" href={file.download} download={name}>
            <IconDownload size={15} stroke={1.75} aria-hidden />
            Download
          </a>
        </span>
      </header>
      <Suspense fallback={<div className="skeleton" aria-busy="true" />}>
        <Content kind={source ? "text" : kind} tables={tables} file={file} />
      </Suspense>
    </section>
  );
}

function Content({ kind, tables, file }: { kind: Kind; tables: FileSource["tables"]; file: Shown }) {
  if (file.sizeBytes === 0) return <p className="second viewer-note">The file is empty.</p>;
  switch (kind) {
    case "image":
      return (
        <div className="viewer-image">
          <img src={file.url} alt={file.path} />
        </div>
      );
    case "table":
      return tables ? <TableViewer {...tables} file={file} /> : <Unknown file={file} />;
    case "json":
      return <JsonViewer file={file} />;
    case "markdown":
      return <MarkdownViewer file={file} />;
    case "html":
      return tables === null ? (
        <TextViewer file={file} />
      ) : (
        <>
          <p className="second viewer-note">Its scripts run apart: without this page, its session and any network.</p>
          <iframe className="viewer-frame" src={file.url} sandbox="allow-scripts" referrerPolicy="no-referrer" title={file.path} />
        </>
      );
    case "pdf":
      return tables === null ? (
        <Closed file={file} why="It is not drawn here." />
      ) : (
        <iframe className="viewer-frame" src={file.url} referrerPolicy="no-referrer" title={file.path} />
      );
    case "audio":
      return <audio controls src={file.url} aria-label={file.path} />;
    case "video":
      return <video controls src={file.url} aria-label={file.path} className="viewer-video" />;
    case "onnx":
      return <OnnxViewer file={file} />;
    case "text":
      return <TextViewer file={file} />;
    case "pickle":
      return <Closed file={file} why="A file of this kind can run code when it is opened, so nothing here opens it." />;
    case "bytes":
      return <Unknown file={file} />;
  }
}

const Closed = ({ file, why }: { file: Shown; why: string }) => (
  <p className="second viewer-note">
    {why} It has {bytes(file.sizeBytes)}
    {file.digest !== null && (
      <>
        {" "}
        and the digest <Digest digest={file.digest} />
      </>
    )}
    .
  </p>
);

/** Its first bytes say whether it reads as text. */
function Unknown({ file }: { file: Shown }) {
  const query = useQuery({
    queryKey: ["begins", file.url, file.digest],
    queryFn: async ({ signal }) => looksLikeText(await bytesOf(file.url, 0, Math.min(4096, file.sizeBytes), signal)),
    staleTime: Infinity,
  });
  if (query.isError) return <Failure error={query.error} retry={() => void query.refetch()} />;
  if (query.data === undefined) return <div className="skeleton" aria-busy="true" />;
  return query.data ? <TextViewer file={file} /> : <Closed file={file} why="No viewer knows these bytes." />;
}
