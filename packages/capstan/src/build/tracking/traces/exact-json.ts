/** A number of JSON that is not a plain safe integer, in the words of the text. */
export class ExactNumber {
  readonly source: string;
  constructor(source: string) {
    this.source = source;
  }
  get isInteger(): boolean {
    return /^-?[0-9]+$/.test(this.source);
  }
}
export type ExactJson = null | boolean | number | string | ExactNumber | ExactJson[] | { [key: string]: ExactJson };

/** JSON whose numbers keep what a double would lose: nanoseconds their last digits, `2.0` its point. Throws SyntaxError. */
export const parseExact = (text: string): ExactJson =>
  JSON.parse(text, (_key, value: unknown, context?: { source?: string }) =>
    typeof value === "number" && context?.source !== undefined && !(Number.isSafeInteger(value) && /^-?[0-9]+$/.test(context.source))
      ? new ExactNumber(context.source)
      : value,
  ) as ExactJson;
