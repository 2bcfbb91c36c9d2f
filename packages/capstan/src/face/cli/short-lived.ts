import { config } from "zod";

/** For a process that parses a few things and ends: schemas are walked, not compiled. To be imported before any schema is made. */
config({ jitless: true });
