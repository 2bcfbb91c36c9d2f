import { type ErrorBody, type ErrorCode, type ErrorDefinition, type ErrorWhere, errorTable } from "@capstan/contract/errors";

export type ErrorParams = Record<string, string | number>;

const fill = (pattern: string, params: ErrorParams): string =>
  pattern.replace(/\{(\w+)\}/g, (whole, key: string) => String(params[key] ?? whole));

/** A failure that someone outside may see. Only `params`, `where` and `why` leave the program; `cause` goes to the log. */
export class CapstanError extends Error {
  readonly code: ErrorCode;
  readonly params: ErrorParams;
  readonly where: ErrorWhere | undefined;
  readonly why: string | undefined;
  /** Further errors found together with this one (configuration reports all at once). */
  readonly others: readonly CapstanError[];

  constructor(
    code: ErrorCode,
    params: ErrorParams = {},
    more: { where?: ErrorWhere | undefined; why?: string | undefined; cause?: unknown; others?: readonly CapstanError[] } = {},
  ) {
    super(fill(definitionOf(code).message, params), { cause: more.cause });
    this.name = "CapstanError";
    this.code = code;
    this.params = params;
    this.where = more.where;
    this.why = more.why;
    this.others = more.others ?? [];
  }

  get status(): number {
    return definitionOf(this.code).status;
  }
  get exit(): number {
    return definitionOf(this.code).exit;
  }
  get remedy(): string {
    return fill(definitionOf(this.code).remedy, this.params);
  }

  body(request?: string): ErrorBody {
    return {
      code: this.code,
      message: this.message,
      exit: this.exit,
      ...(this.where && { where: this.where }),
      ...(this.why !== undefined && { why: this.why }),
      do: this.remedy,
      ...(request !== undefined && { request }),
    };
  }
}

function definitionOf(code: ErrorCode): ErrorDefinition {
  return (errorTable as Record<string, ErrorDefinition>)[code] ?? errorTable["CAP-INTERNAL-001"];
}

/** Any thrown thing as an error of the table; a disk that is full or cannot be written is named; what else is not ours becomes CAP-INTERNAL-001 with the original as cause. */
export function toCapstanError(thrown: unknown): CapstanError {
  if (thrown instanceof CapstanError) return thrown;
  const code = thrown instanceof Error && "code" in thrown ? thrown.code : undefined;
  if (code === "ENOSPC" || code === "EDQUOT") return new CapstanError("CAP-STORE-003", { problem: code }, { cause: thrown });
  if (code === "EMFILE" || code === "ENFILE") return new CapstanError("CAP-SERVER-005", { problem: code }, { cause: thrown });
  if (code === "EROFS") return new CapstanError("CAP-STORE-004", {}, { cause: thrown });
  return new CapstanError("CAP-INTERNAL-001", { what: thrown instanceof Error ? thrown.message : String(thrown) }, { cause: thrown });
}
