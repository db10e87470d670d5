// The query of a request: what it says is believed only when it is of the right kind.
import { AppError } from "../core/errors.ts";
import { type Id, isId } from "../core/ids.ts";
import { PAGE_MESSAGES_MAX } from "../protocol/api.ts";

/** A number of messages; null when none is named. @throws AppError `invalid` */
export function messagesIn(url: URL, name: "last" | "limit"): number | null {
  const text = url.searchParams.get(name);
  if (text === null) return null;
  const number = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (number >= 1 && number <= PAGE_MESSAGES_MAX) return number;
  throw new AppError("invalid", `\`${name}\` must be a whole number from 1 to ${PAGE_MESSAGES_MAX}.`);
}

/** Which page of a branch is wanted: what comes before a message, or the end of the branch through one. */
export type Where = { before: Id } | { through: Id };

/** @throws AppError `invalid` */
export function whereIn(url: URL): Where {
  const before = url.searchParams.get("before");
  const through = url.searchParams.get("through");
  if (before !== null && through === null && isId(before)) return { before };
  if (through !== null && before === null && isId(through)) return { through };
  throw new AppError("invalid", "Name a message, either as `before` or as `through`.");
}
