import { useQuery } from "@tanstack/react-query";
import { Failure } from "../../../parts/layout.tsx";
import { Markdown } from "../../../parts/markdown.tsx";
import { bytesOf, type Shown } from "./files.ts";

const drawnAtMost = 500_000;

/** The beginning of a longer text is drawn, and said to be one. */
export function MarkdownViewer({ file }: { file: Shown }) {
  const query = useQuery({
    queryKey: ["markdown", file.url, file.digest],
    queryFn: async ({ signal }) => new TextDecoder().decode(await bytesOf(file.url, 0, Math.min(file.sizeBytes, drawnAtMost), signal)),
    staleTime: Infinity,
  });
  if (query.isError) return <Failure error={query.error} retry={() => void query.refetch()} />;
  if (query.data === undefined) return <div className="skeleton" aria-busy="true" />;
  return (
    <div className="viewer-page">
      <Markdown text={query.data} />
      {file.sizeBytes > drawnAtMost && <p className="second">This is its beginning; the source shows all of it.</p>}
    </div>
  );
}
