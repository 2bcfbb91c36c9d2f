/** Spellings of "above", of separators and of what ends a path, as they were used against servers of artifacts. */
const ups = [
  "..",
  "%2e%2e",
  "%2E.",
  ".%2e",
  "%252e%252e",
  "%25252e%25252e",
  "..%00",
  "..;",
  "..\u0001",
  "．．",
  "%c0%ae%c0%ae",
  "....//",
  "..",
];
const separators = ["/", "%2f", "%2F", "%252f", "\\", "%5c", "%255c", "//", "/./", "%2f%2f", "∕", "%c0%af"];
const before = ["", "a/", "./", "a/b/", "/"];

/** Paths that must not lead out of the folder of artifacts, nor to `target` beside or above it. */
export function wrongPaths(target: string): string[] {
  const climbing = ups.flatMap((up) => separators.map((separator) => `${(up + separator).repeat(2)}${target}`));
  const begun = before.flatMap((start) => ["..", "%2e%2e", "%252e%252e"].map((up) => `${start}${up}/${target}`));
  const absolute = [
    `/${target}`,
    `//${target}`,
    `%2f${target}`,
    `%252f${target}`,
    `\\${target}`,
    `C:\\${target}`,
    `c:${target}`,
    `C%3a/${target}`,
  ];
  const schemes = [
    "file:///",
    "file:/",
    "file://localhost/",
    "FILE:",
    "file%3a//",
    "http://127.0.0.1/",
    "s3://x/",
    "runs:/",
    "models:/",
  ].map((scheme) => scheme + target);
  const ended = ["%00", "%2500", "#", "%23", "%2523", "?", ";", "%3b", "\n", "%0a", "%0d%0a", "\u007f", "%ff", "%"].map(
    (end) => `../${target}${end}`,
  );
  const odd = [
    ".",
    "..",
    "./",
    "../",
    "a/..",
    "a/../..",
    "a/.",
    "...",
    "~",
    `~/${target}`,
    "-",
    " ",
    "%20",
    `${"a/".repeat(600)}b`,
    "x".repeat(2000),
    "CON",
    "a:b",
    "__proto__",
    "constructor",
  ];
  return [...new Set([...climbing, ...begun, ...absolute, ...schemes, ...ended, ...odd])];
}
