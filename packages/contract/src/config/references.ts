import { z } from "zod";
import { parseReference, type ReferenceKind } from "./reference-text.ts";

/** A reference of one of these kinds, kept as it was written. That it resolves is checked with the whole file at hand (CAP-CONFIG-007). */
export const reference = (...kinds: readonly ReferenceKind[]) =>
  z.string().refine(
    (text) => {
      const parsed = parseReference(text);
      return parsed !== undefined && kinds.includes(parsed.kind);
    },
    {
      error: (issue) => `\`${String(issue.input)}\` is no reference of the form ${kinds.map((kind) => `\`${kind}:…\``).join(" or ")}`,
      params: { code: "CAP-CONFIG-007" },
    },
  );
