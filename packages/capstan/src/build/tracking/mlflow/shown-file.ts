import { contentTypeOf } from "../content-type.ts";

/** What a browser may draw by itself; every other file is only saved. */
const drawn = /^(image\/|audio\/|video\/|text\/(plain|csv|tab-separated-values|markdown|html)|application\/(json|pdf)$)/;

const nothing = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'";
/** Scripts of a report run in an origin of nobody: they reach neither the pages, nor their session, nor any address. */
const report = `sandbox allow-scripts; ${nothing}; script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; img-src data: blob:; font-src data:; media-src data: blob:; worker-src blob:`;
/** A browser's own PDF viewer does not start in a sandbox; it gives what it shows no rights of the address it came from. */
const paper = `${nothing}; object-src 'self'; plugin-types application/pdf; style-src 'unsafe-inline'`;
const plain = `sandbox; ${nothing}; style-src 'unsafe-inline'; img-src data:; media-src data:`;

/**
 * Headers of a user's file that pages show. Whatever its bytes are: never script, style or worker of our origin (`nosniff`, and no type that is one),
 * never a document with our origin's rights, never within a page of another site.
 */
export function shownHeaders(path: string, download: boolean): Record<string, string> {
  const type = contentTypeOf(path);
  const kind = type.split(";")[0] ?? "";
  return {
    "content-type": type,
    ...(!download && drawn.test(kind) && { "content-disposition": "inline" }),
    "content-security-policy": kind === "text/html" ? report : kind === "application/pdf" ? paper : plain,
    "x-content-type-options": "nosniff",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "cache-control": "private, no-cache",
  };
}
