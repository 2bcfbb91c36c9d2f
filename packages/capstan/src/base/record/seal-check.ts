/** What a later room plugs into verification: that what its entries sealed (runs, prediction segments, dossiers) is still what was sealed. */
export type SealCheck = {
  /** Plural, as in `19 runs`. */
  readonly noun: string;
  check(options: { deep: boolean }): Promise<{
    count: number;
    problems: readonly string[];
    /** How much was looked at, when not all, such as `3 read and hashed`. */ read?: string;
  }>;
};
