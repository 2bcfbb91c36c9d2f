/**
 * The one table of errors: every failure a person or program can see has a stable code here, never reused.
 * `message` and `remedy` are patterns: `{name}` is replaced by the parameter of that name. Texts are the same in CLI, UI and HTTP.
 */
export type ErrorDefinition = {
  /** HTTP status. */
  readonly status: number;
  /** Exit code of the command line: 1 work failed, 2 edit something, 3 asked and not pass, 4 not yours, 5 not in this state, 6 surroundings, 70 our fault. */
  readonly exit: number;
  readonly message: string;
  readonly remedy: string;
};

const define = <T extends Record<string, ErrorDefinition>>(table: T): T => table;

export const errorTable = define({
  "CAP-INTERNAL-001": {
    status: 500,
    exit: 70,
    message: "Capstan failed at its own work: {what}",
    remedy: "run the command again with CAPSTAN_LOG=debug and report what it prints",
  },
  "CAP-ACCESS-001": {
    status: 401,
    exit: 4,
    message: "this server wants to know who you are: {problem}",
    remedy: "send a token (`capstan admin token NAME`) as Bearer or as the password of Basic",
  },
  "CAP-ACCESS-002": {
    status: 403,
    exit: 4,
    message: "{caller} may not {capability}",
    remedy: "ask someone who may, or an administrator for the role",
  },
  "CAP-ACCESS-003": {
    status: 403,
    exit: 4,
    message: "the header Host says {found}, which is not this machine",
    remedy: "use http://127.0.0.1 and the port",
  },
  "CAP-ACCESS-004": {
    status: 403,
    exit: 4,
    message: "the request comes from another site: {found}",
    remedy: "open Capstan's own page; programs send a token and no Origin",
  },
  "CAP-ACCESS-005": {
    status: 403,
    exit: 4,
    message: "without a local session one may read, log and predict, but not {capability}",
    remedy: "open the one-time link that `capstan open` prints, or use the command line",
  },
  "CAP-REQUEST-001": {
    status: 400,
    exit: 2,
    message: "the request does not have the form that {operation} takes: {problem}",
    remedy: "send what `capstan config schema {operation}` describes",
  },
  "CAP-REQUEST-002": {
    status: 404,
    exit: 5,
    message: "nothing is served at {path}",
    remedy: "the operations are listed at /api/v1/openapi.json",
  },
  "CAP-REQUEST-003": {
    status: 413,
    exit: 2,
    message: "the body has more than {limit} bytes",
    remedy: "send it in parts, or as an artifact",
  },
  "CAP-REQUEST-004": {
    status: 415,
    exit: 2,
    message: "a body must be sent as {expected}, this one came as {actual}",
    remedy: "set the header Content-Type",
  },
  "CAP-REQUEST-005": { status: 400, exit: 2, message: "the body is not JSON: {problem}", remedy: "send UTF-8 JSON" },
  "CAP-REQUEST-006": {
    status: 408,
    exit: 6,
    message: "the rest of the body did not come: nothing for {seconds} s",
    remedy: "send it again, without a pause",
  },
  "CAP-NOT-FOUND-001": {
    status: 404,
    exit: 5,
    message: "there is no {noun} {name}",
    remedy: "`capstan list` names the nouns, `capstan list NOUN` shows what there is",
  },
  "CAP-EXISTS-001": { status: 409, exit: 5, message: "{noun} {name} exists already", remedy: "choose another name" },
  "CAP-EXISTS-002": {
    status: 409,
    exit: 5,
    message: "{file} is there already, in {folder}",
    remedy: "`capstan status` says how it stands; edit it, or begin in another folder",
  },
  "CAP-MOVED-001": {
    status: 409,
    exit: 5,
    message: "{noun} {name} was changed by someone else meanwhile",
    remedy: "look at it again, then repeat",
  },
  "CAP-STATE-001": {
    status: 409,
    exit: 5,
    message: "{noun} {name} is {state}, so it cannot be {action}",
    remedy: "`capstan show {name}` says what is possible now",
  },
  "CAP-STORE-001": {
    status: 500,
    exit: 6,
    message: "the store does not answer: {problem}",
    remedy: "`capstan doctor` looks at disk and database; nothing acknowledged is lost",
  },
  "CAP-STORE-002": {
    status: 500,
    exit: 6,
    message: "object {digest} holds other bytes than its name says",
    remedy: "add the file again with `capstan data add`, or make it again with `capstan run --force`",
  },
  "CAP-STORE-003": {
    status: 507,
    exit: 6,
    message: "the disk is full or failing: {problem}",
    remedy: "free space, then repeat; what was acknowledged is kept, this change is not",
  },
  "CAP-STORE-004": {
    status: 409,
    exit: 6,
    message: "the store was opened for reading only",
    remedy: "make the folder writable, or work on a copy",
  },
  "CAP-STORE-005": {
    status: 409,
    exit: 6,
    message: "the store was written by a newer Capstan: this one does not know {found}",
    remedy: "upgrade Capstan; nothing was touched",
  },
  "CAP-STORE-006": {
    status: 404,
    exit: 6,
    message: "the store has no object {digest}",
    remedy: "add the file again with `capstan data add`, or make it again with `capstan run`",
  },
  "CAP-CHECK-001": {
    status: 400,
    exit: 2,
    message: "suite {suite} has a test of kind {kind}, which there is not",
    remedy: "near are {near}; `capstan config schema` lists all kinds",
  },
  "CAP-CHECK-002": {
    status: 400,
    exit: 2,
    message: "test {test} names column {column}, which {subject} has not",
    remedy: "near are {near}; it has {columns}",
  },
  "CAP-CHECK-003": {
    status: 400,
    exit: 2,
    message: "test {test} cannot be read: {problem}",
    remedy: "`capstan config schema` shows the fields of each kind",
  },
  "CAP-CHECK-004": {
    status: 400,
    exit: 2,
    message: "test {test} needs {need}",
    remedy: "name it as `against` of the suite or of the test",
  },
  "CAP-CHECK-005": {
    status: 404,
    exit: 5,
    message: "{subject} has no bytes to test: {problem}",
    remedy: "name a dataset version, an output of a run, or a file",
  },
  "CAP-DATA-003": { status: 400, exit: 2, message: "{path} is not Parquet: {begins}", remedy: "fetch it again, or name it by what it is" },
  "CAP-DATA-004": {
    status: 400,
    exit: 2,
    message: "{path} cannot be read as {format}: {problem}",
    remedy: "write the file again and look at its first lines",
  },
  "CAP-DATA-005": {
    status: 404,
    exit: 2,
    message: "there is nothing at {path}",
    remedy: "correct the path of the data, relative to the project's folder",
  },
  "CAP-DATA-006": { status: 400, exit: 2, message: "{path} has no column {column}, named as its time", remedy: "near are {near}" },
  "CAP-DATA-007": {
    status: 409,
    exit: 5,
    message: "{path} changed while it was being added",
    remedy: "add it again when nothing writes it any more; nothing was kept",
  },
  "CAP-DATA-008": {
    status: 400,
    exit: 2,
    message: "{path} is {kind}, which holds no bytes to keep",
    remedy: "put a file or folder there; what a link leads to is copied by `cp -L`",
  },
  "CAP-DATA-014": {
    status: 422,
    exit: 2,
    message: "{dataset} gets no new version: suite {suite} {verdict}",
    remedy: "correct the file, or change the rule in capstan.yaml and have that reviewed",
  },
  "CAP-DATA-020": {
    status: 500,
    exit: 6,
    message: "the analytics process ended while it computed: {problem}",
    remedy: "repeat; if it happens again, give it more memory or less data",
  },
  "CAP-DATA-021": {
    status: 507,
    exit: 6,
    message: "the disk is full: {problem}",
    remedy: "free space, then repeat; what was there before is kept",
  },
  "CAP-DATA-022": {
    status: 507,
    exit: 6,
    message: "the query needs more than {limit} of memory",
    remedy: "ask for fewer rows or columns, or raise the limit of the analytics process",
  },
  "CAP-DATA-023": {
    status: 504,
    exit: 6,
    message: "the query took longer than {seconds} s and was stopped",
    remedy: "ask for fewer rows or columns",
  },
  "CAP-DATA-024": { status: 400, exit: 2, message: "the query cannot be answered: {problem}", remedy: "correct the SQL" },
  "CAP-MODEL-001": {
    status: 400,
    exit: 3,
    message: "the file is no model that ONNX Runtime loads: {problem}",
    remedy: "export it again as ONNX, opset 17 or older, and check it with onnx.checker",
  },
  "CAP-MODEL-002": {
    status: 400,
    exit: 3,
    message: "column {column} of the model has a form that cannot be served: {form}",
    remedy: "export one tensor [n, 1] or [n] of FP32, FP64, INT32, INT64, BOOL or string for each column",
  },
  "CAP-MODEL-003": {
    status: 400,
    exit: 2,
    message: "column {column} does not fit the model's signature: {problem}",
    remedy: "`capstan show` the model version prints its signature",
  },
  "CAP-MODEL-004": {
    status: 500,
    exit: 1,
    message: "the model failed on these rows: {problem}",
    remedy: "score the same rows with `capstan predict` to see which",
  },
  "CAP-MODEL-005": {
    status: 409,
    exit: 5,
    message: "alias {alias} of {model} is not set by hand: {why}",
    remedy: "`capstan release {model}@{version}` asks for the promotion",
  },
  "CAP-SERVE-001": { status: 404, exit: 5, message: "there is no route {route}", remedy: "`capstan list routes` shows what is served" },
  "CAP-SERVE-002": {
    status: 503,
    exit: 5,
    message: "route {route} serves no version yet",
    remedy: "`capstan release` puts a version behind it",
  },
  "CAP-SERVE-003": {
    status: 404,
    exit: 5,
    message: "route {route} serves no {version} now; it serves {served}",
    remedy: "leave the version out, or release it",
  },
  "CAP-SERVE-004": {
    status: 400,
    exit: 2,
    message: "the inputs do not fit route {route}: {problem}",
    remedy: "GET /v2/models/{route} describes them",
  },
  "CAP-SERVE-005": {
    status: 503,
    exit: 1,
    message: "no arm of route {route} could answer: {problem}",
    remedy: "`capstan rollback {route}` returns to the version before",
  },
  "CAP-SERVE-006": {
    status: 503,
    exit: 6,
    message: "predictions of route {route} cannot be logged: {problem}",
    remedy: "free space; a strict route does not answer what it cannot log",
  },
  "CAP-SERVE-007": {
    status: 409,
    exit: 5,
    message: "route {route} has nothing to go back to",
    remedy: "`capstan release` moves it forward",
  },
  "CAP-RELEASE-002": {
    status: 409,
    exit: 5,
    message: "{release} already moves route {route}",
    remedy: "`capstan release {release}` follows it, `capstan rollback {route}` ends it",
  },
  "CAP-RELEASE-003": {
    status: 409,
    exit: 5,
    message: "this bundle of {model} {version} was taken back by {release}",
    remedy: "make another version; or --override -m REASON, on record",
  },
  "CAP-RELEASE-004": {
    status: 409,
    exit: 5,
    message: "{release} is {state}, so it cannot {action}",
    remedy: "`capstan show {release}` says what is possible now",
  },
  "CAP-RELEASE-005": { status: 400, exit: 2, message: "a release that skips what the gate says needs its reason", remedy: "add -m REASON" },
  "CAP-RELEASE-006": {
    status: 409,
    exit: 5,
    message: "{model} {version} is what route {route} serves already",
    remedy: "`capstan list models` shows the others",
  },
  "CAP-RELEASE-007": {
    status: 409,
    exit: 5,
    message: "{model} {version} cannot follow what route {route} serves: {problem}",
    remedy: "callers would fail; serve it on a route of its own, or --override -m REASON",
  },
  "CAP-SERVER-001": {
    status: 500,
    exit: 6,
    message: "port {port} is taken by another program",
    remedy: "`--port 0` for any free one, or another number",
  },
  "CAP-SERVER-002": {
    status: 409,
    exit: 5,
    message: "this store is served already, at {url}",
    remedy: "use that address, or end that server first",
  },
  "CAP-SERVER-003": {
    status: 503,
    exit: 6,
    message: "the host of this store ended while it did {operation}: whether it happened is not known",
    remedy: "look first (`capstan status`, `capstan list`), then repeat it if it did not happen",
  },
  "CAP-SERVER-004": {
    status: 500,
    exit: 6,
    message: "nothing can listen at {address}, port {port}: {problem}",
    remedy: "name an address of this machine with --host, or another port with --port",
  },
  "CAP-STORE-007": {
    status: 500,
    exit: 6,
    message: "another process holds the store in {folder} but does not answer",
    remedy: "end it, or wait until it has ended; its lease ends with it",
  },
  "CAP-STORE-008": { status: 404, exit: 5, message: "{folder} has no store yet", remedy: "`capstan run` makes one" },
  "CAP-STORE-009": {
    status: 409,
    exit: 6,
    message: "the store was written by an older Capstan: it lacks {missing}",
    remedy: "`capstan run` brings it up to date, after a copy of its database",
  },
  "CAP-STORE-010": {
    status: 409,
    exit: 5,
    message: "there is something in {folder} already",
    remedy: "name a folder that does not exist yet; nothing was touched",
  },
  "CAP-STORE-011": {
    status: 400,
    exit: 2,
    message: "{folder} is no whole backup: {problem}",
    remedy: "take another backup; nothing was restored",
  },
  "CAP-STORE-012": {
    status: 409,
    exit: 5,
    message: "{folder} belongs to {kept}, not to {asked}",
    remedy: "leave the place out, or name another folder with --data; `capstan admin backup` and `admin restore` move a store",
  },
  "CAP-STORE-013": {
    status: 400,
    exit: 2,
    message: "{what} cannot be there: {problem}",
    remedy: "write postgres://user@host/name for a database; s3://bucket/prefix or a folder for objects",
  },
  "CAP-STORE-014": {
    status: 409,
    exit: 6,
    message: "{folder} is on {network}, and its database is on {machine}, not on {here}",
    remedy: "work on that machine, or move the store to PostgreSQL, which several machines can share",
  },
  "CAP-RECORD-002": {
    status: 409,
    exit: 3,
    message: "entry {index} differs from the signed tree: {problem}",
    remedy: "stop writing, run `capstan export bundle`, and compare with a witness or a backup",
  },
  "CAP-RECORD-003": {
    status: 409,
    exit: 6,
    message: "the signing key of this store is not at hand, so {what} cannot be signed",
    remedy: "work as the person who made the store, or bring the key file back into the folder `keys` of the state folder",
  },
  "CAP-RECORD-004": {
    status: 400,
    exit: 2,
    message: "{name} is not a bundle of a record: {problem}",
    remedy: "make one with `capstan export bundle`",
  },
  "CAP-RECORD-005": {
    status: 500,
    exit: 70,
    message: "an entry {action} takes more than the {limit} bytes that a leaf may have",
    remedy: "report it: only short facts belong into a leaf, the rest into its payload",
  },
  "CAP-GOV-001": {
    status: 409,
    exit: 5,
    message: "{model} is prohibited: {why}",
    remedy: "no approval and no override can release it; change what it is for",
  },
  "CAP-GOV-009": {
    status: 403,
    exit: 4,
    message: "you cannot sign {dossier}: {why}",
    remedy: "ask someone with the role reviewer who had no part in it",
  },
  "CAP-GOV-010": {
    status: 409,
    exit: 5,
    message: "the evidence changed since dossier {dossier}: {changes}",
    remedy: "a signature binds to what was read: ask for a new review with `capstan review {model}`",
  },
  "CAP-GOV-011": {
    status: 409,
    exit: 3,
    message: "the gate of {model} says {verdict}: {why}",
    remedy: "`capstan review {model}` shows each check; mend what fails, or decide no",
  },
  "CAP-CONFIG-001": {
    status: 404,
    exit: 2,
    message: "there is no {file} in this folder or above it",
    remedy: "go to the folder of your project, or write one: `capstan: 1` and `project: NAME` are enough",
  },
  "CAP-CONFIG-002": {
    status: 400,
    exit: 2,
    message: "format {found} of capstan.yaml is newer than this program, which knows {known}",
    remedy: "upgrade Capstan, or write `capstan: {known}`",
  },
  "CAP-CONFIG-003": { status: 400, exit: 2, message: "{file} is not the YAML that Capstan reads: {problem}", remedy: "{fix}" },
  "CAP-CONFIG-004": { status: 400, exit: 2, message: "{subject} has no key `{key}`{hint}", remedy: "write {fix}" },
  "CAP-CONFIG-005": { status: 400, exit: 2, message: "{subject}: {problem}", remedy: "write {fix}" },
  "CAP-CONFIG-006": { status: 400, exit: 2, message: "{subject} cannot be `{value}`{hint}", remedy: "write one of: {options}" },
  "CAP-CONFIG-007": { status: 400, exit: 2, message: "`{ref}` names {what}{hint}", remedy: "{fix}" },
  "CAP-CONFIG-008": {
    status: 400,
    exit: 2,
    message: "cycle: {cycle} (lines {lines})",
    remedy: "cut one `in`; the newest is line {newest}",
  },
  "CAP-CONFIG-009": {
    status: 400,
    exit: 2,
    message: "steps {first} and {second} write {path}",
    remedy: "give each its own path, none inside another",
  },
  "CAP-CONFIG-010": {
    status: 400,
    exit: 2,
    message: "`{name}` cannot be a name: {problem}",
    remedy: "use lower-case letters, digits and hyphens, beginning with a letter, such as `{fix}`",
  },
  "CAP-CONFIG-011": { status: 400, exit: 2, message: "`{given}`: {problem}{hint}", remedy: "{fix}" },
  "CAP-CONFIG-012": { status: 400, exit: 2, message: "`{variable}` cannot stand here: {problem}{hint}", remedy: "{fix}" },
  "CAP-CONFIG-013": {
    status: 400,
    exit: 2,
    message: "{path} does not exist and no step makes it{hint}",
    remedy: "put the file there, correct the path, or name the step that makes it",
  },
  "CAP-CONFIG-014": { status: 400, exit: 2, message: "`{text}` is {here} here, {there} in YAML 1.1 readers", remedy: "write `{fix}`" },
  "CAP-CONFIG-015": { status: 400, exit: 2, message: "profile `{profile}`: {problem}{hint}", remedy: "{fix}" },
  "CAP-CONFIG-017": {
    status: 400,
    exit: 2,
    message: "{path} cannot be an output: {problem}",
    remedy: "write below the project folder, outside `.capstan`",
  },
  "CAP-CONFIG-018": {
    status: 400,
    exit: 2,
    message: "{subject} looks like a secret ({kind}, not shown)",
    remedy: "replace the key, since this file is committed, and keep the new one out of it",
  },
  "CAP-CONFIG-020": { status: 400, exit: 2, message: "matrix of step {step}: {problem}", remedy: "{fix}" },
  "CAP-CONFIG-021": { status: 400, exit: 2, message: "{file}: {problem}", remedy: "{fix}" },
  "CAP-CONFIG-023": { status: 400, exit: 2, message: "{subject}: {problem}", remedy: "choose bounds that something can meet" },
  "CAP-CONFIG-024": { status: 400, exit: 2, message: "`{value}` is no kind of test{hint}", remedy: "write one of: {options}" },
  "CAP-CONFIG-026": { status: 400, exit: 2, message: "step {step}: {problem}", remedy: "remove `{key}`" },
  "CAP-CONFIG-027": { status: 400, exit: 2, message: "trigger {trigger}: {problem}", remedy: "{fix}" },
  "CAP-RUN-002": { status: 404, exit: 5, message: "there is no step {step}{hint}", remedy: "steps are: {steps}" },
  "CAP-RUN-003": {
    status: 409,
    exit: 1,
    message: "step {step} failed: its command ended with {how}",
    remedy: "correct {what}, then capstan run: what was made before it is reused",
  },
  "CAP-RUN-004": {
    status: 409,
    exit: 1,
    message: "step {step} ended with 0 but did not write {path}",
    remedy: "correct `out`, or the script",
  },
  "CAP-RUN-005": {
    status: 409,
    exit: 1,
    message: "step {step} is refused: suite {suite} fails, {text}",
    remedy: "correct what the step makes, or change the suite, reviewed",
  },
  "CAP-RUN-006": { status: 409, exit: 1, message: "step {step} opened {path}, which it does not declare", remedy: "add it to `in`" },
  "CAP-RUN-007": {
    status: 409,
    exit: 1,
    message: "step {step} was ended by the system at {peak}",
    remedy: "give it more room in `resources.mem`, or let it use less",
  },
  "CAP-RUN-008": {
    status: 409,
    exit: 1,
    message: "step {step} did not end within {limit}",
    remedy: "raise `timeout`, or look where it hangs: capstan log {step}",
  },
  "CAP-RUN-009": {
    status: 409,
    exit: 5,
    message: "run:{number} works in this folder ({who})",
    remedy: "`capstan log run:{number} --follow`, or wait: its lease ends by itself",
  },
  "CAP-RUN-010": { status: 409, exit: 1, message: "step {step} could not be started: {problem}", remedy: "correct it, then capstan run" },
  "CAP-RUN-011": { status: 409, exit: 5, message: "run:{number} was cancelled", remedy: "capstan run goes on where it stopped" },
  "CAP-RUN-012": { status: 409, exit: 3, message: "--locked: {step} would run, {why}", remedy: "`capstan run`, then commit the lock" },
  "CAP-RUN-013": { status: 409, exit: 1, message: "step {step} is lost: {why}", remedy: "capstan run starts it again" },
  "CAP-RUN-014": {
    status: 409,
    exit: 1,
    message: "step {step} made other bytes for {output} than before with equal inputs",
    remedy: "remove what is left to chance (seeds, times), or drop `deterministic: true`",
  },
  "CAP-RUN-015": {
    status: 409,
    exit: 5,
    message: "run:{number} was left unfinished: its host ended",
    remedy: "`capstan run` goes on with it: what is finished is reused, what still runs is waited for",
  },
  "CAP-RUN-016": {
    status: 409,
    exit: 5,
    message: "run:{number} cannot be rebuilt: the store has {what} no more",
    remedy: "restore a backup that has it; `capstan run --force` runs what the folder says today",
  },
  "CAP-RUN-017": {
    status: 409,
    exit: 1,
    message: "what step {step} wrote at {path} cannot be kept: {problem}",
    remedy: "correct `out`, or let the step write files and folders there (`cp -L` copies what a link leads to)",
  },
  "CAP-PURPOSE-001": {
    status: 400,
    exit: 2,
    message: "`{field}` of the purpose is no expression over one row: {problem}",
    remedy: "write one SQL expression over the columns of the rows, such as delay >= 15",
  },
  "CAP-OUT-001": {
    status: 400,
    exit: 4,
    message: "nothing is sent to {url}: {problem}",
    remedy: "give a public https address that answers",
  },
  "CAP-PURPOSE-002": {
    status: 404,
    exit: 5,
    message: "the project has declared no purpose",
    remedy: "write `purpose:` into capstan.yaml; `capstan config schema` shows its fields",
  },
  "CAP-PURPOSE-003": {
    status: 400,
    exit: 2,
    message: "the value of these rows cannot be said: {problem}",
    remedy: "name rows that hold the truth and the columns of the purpose",
  },
  "CAP-TRACK-001": {
    status: 400,
    exit: 2,
    message: "param {key} of run {run} is {old} already: Changing param values is not allowed. It came with {new}",
    remedy: "log it under another key, or start another run",
  },
  "CAP-TRACK-002": {
    status: 400,
    exit: 2,
    message: "Invalid value for {what}: {problem}",
    remedy: "send a value within the limits that the message names",
  },
  "CAP-TRACK-003": {
    status: 400,
    exit: 2,
    message: "{path} does not read as a table",
    remedy: "download it; tables are Parquet, CSV, TSV and JSON by their names",
  },
  "CAP-USAGE-002": {
    status: 400,
    exit: 2,
    message: "there is no verb `{verb}`{hint}",
    remedy: "`capstan help` lists the verbs",
  },
  "CAP-USAGE-003": { status: 400, exit: 2, message: "there is no operation {operation}{hint}", remedy: "`capstan api` lists them" },
  "CAP-USAGE-001": { status: 400, exit: 2, message: "{problem}", remedy: "`capstan help {verb}` shows how it is written" },
});
export type ErrorCode = keyof typeof errorTable | `CAP-${string}`;

export type ErrorWhere = { file: string; line?: number; column?: number };

/** What leaves the program when something fails, the same over HTTP and with `--json`. */
export type ErrorBody = {
  code: string;
  message: string;
  exit: number;
  where?: ErrorWhere;
  why?: string;
  do: string;
  request?: string;
};
