/** Metrics that differ only by train, val or test share a chart. */
export const familyOf = (key: string): string =>
  key.replace(/^(train|training|val|valid|validation|test)[_./-]/, "").replace(/[_./-](train|training|val|valid|validation|test)$/, "");
