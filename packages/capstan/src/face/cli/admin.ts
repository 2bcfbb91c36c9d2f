import { resolve } from "node:path";
import { CapstanError } from "../../base/foundation/errors.ts";
import { backup, restore } from "./admin/backup.ts";
import { group, user } from "./admin/principals.ts";
import { token } from "./admin/tokens.ts";
import type { Verb } from "./verbs.ts";

export const verb: Verb = {
  text: "What administrators do: users and groups with their roles, tokens (make, list, revoke), backup and restore of the store.",
  usage:
    "admin user|group list | admin user|group add NAME | admin user end NAME | admin group remove NAME | admin group join|leave GROUP NAME | admin user|group role NAME --role R [--only PROJECT] [--off] | admin token NAME --user U | admin token NAME --role R | admin token list | admin token revoke ID | admin backup FOLDER | admin restore FOLDER",
  mostWords: 4,
  examples: [
    "admin user add ines --title 'Ines Duarte'",
    "admin user role ines --role reviewer --only flight-delays",
    "admin group add crew && capstan admin group join crew ines && capstan admin group role crew --role operator",
    "admin token laptop --user ines",
    "admin token ci --role contributor",
    "admin backup /backups/monday",
  ],
  flags: {
    role: { type: "string", multiple: true, text: "viewer contributor operator reviewer second-line sponsor auditor admin service" },
    only: { type: "string", multiple: true, text: "projects it is good for; all unless said" },
    off: { type: "boolean", text: "take the role away" },
    service: { type: "boolean", text: "a service, not a person: it signs nothing" },
    title: { type: "string", text: "the full name" },
    user: { type: "string", text: "whose token it is: it may what they may, at most --role of it" },
    days: { type: "string", text: "until a token ends; 90" },
  },
  async run(context) {
    const [noun, word, ...names] = context.words;
    if (noun === "backup" && word !== undefined) return backup(context, resolve(context.cwd, word));
    if (noun === "restore" && word !== undefined) return restore(context, resolve(context.cwd, word));
    if (noun === "user" && word !== undefined) return user(context, word, names[0]);
    if (noun === "group" && word !== undefined) return group(context, word, names[0], names[1]);
    if (noun === "token" && word !== undefined) return token(context, word, names[0]);
    throw new CapstanError("CAP-USAGE-001", {
      problem: "write `admin user|group|token …`, `admin backup FOLDER` or `admin restore FOLDER`",
      verb: "admin",
    });
  },
};
