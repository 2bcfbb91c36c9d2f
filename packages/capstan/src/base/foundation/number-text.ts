/**
 * Which texts are numbers, as both databases and our own code read it: at most 60 digits on either side of the point, and an exponent up to 239, which every
 * double has room for. Neither `12abc`, `0x10`, `inf` nor a text with a space around it is one.
 */
export const numberPattern = "^[-+]?([0-9]{1,60}([.][0-9]{0,60})?|[.][0-9]{1,60})([eE][-+]?0*([0-9]{1,2}|1[0-9][0-9]|2[0-3][0-9]))?$";
const pattern = new RegExp(numberPattern);

/** The number that a text is; NaN where it is none. */
export const numberOfText = (text: string): number => (pattern.test(text) ? Number(text) : Number.NaN);
