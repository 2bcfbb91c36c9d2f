/** From the surest sign of what went wrong to the weakest: an error with its name and words, a log's level, a word. */
const signs = [
  /^\s*(?:[\w.]+\.)?\w*(?:Error|Exception)(?: \[\w+\])?: \S/,
  /^\s*(?:fatal|panic|error)\b.*:|\b(?:ERROR|FATAL|CRITICAL)\b/,
  /\b(?:error|exception|traceback|fatal|panic|killed|cannot|failed)\b/i,
];

/** Index of the first line with the surest sign there is; -1 when none has one. */
export function tellingLine(lines: readonly string[]): number {
  for (const sign of signs) {
    const found = lines.findIndex((line) => sign.test(line));
    if (found !== -1) return found;
  }
  return -1;
}
