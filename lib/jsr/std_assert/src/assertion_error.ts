/** Thrown when an assertion does not hold. */
export class AssertionError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "AssertionError";
  }
}

/** The caller's own sentence, appended to an assertion's. */
export function suffix(msg?: string): string {
  return msg ? `: ${msg}` : ".";
}
