// Keys that belong to an input method: the Enter that ends a composition sends nothing and chooses nothing.

/** Safari tells so by 229 alone. */
export function isComposing(event: KeyboardEvent): boolean {
  return event.isComposing || event.keyCode === 229;
}
