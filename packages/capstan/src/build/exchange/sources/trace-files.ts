import type { SourceFile, SourcePlace } from "../model.ts";

/** The file with the spans of a trace, at the place that its tags name. Null when there is none, or none within reach. */
export async function spansPlace(
  files: (place: SourcePlace) => Promise<SourceFile[] | undefined>,
  trace: string,
  tags: Readonly<Record<string, string>>,
): Promise<SourceFile | null> {
  const uri = tags["mlflow.artifactLocation"];
  if (uri === undefined) return null;
  return (await files({ uri, trace }))?.find((one) => one.path === "traces.json") ?? null;
}
