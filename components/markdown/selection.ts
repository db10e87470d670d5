// What of the selection ends within an element, so that it can be put back when the element's nodes change.

/** An end of the selection as a number of characters from the element's start; null for one that is elsewhere. */
export interface Ends {
  anchor: number | null;
  focus: number | null;
}

/** Null when no end of the selection is in `element`. */
export function endsWithin(element: Node): Ends | null {
  const selection = getSelection();
  if (selection === null || selection.rangeCount === 0) return null;
  const anchor = charsBefore(element, selection.anchorNode, selection.anchorOffset);
  const focus = charsBefore(element, selection.focusNode, selection.focusOffset);
  return anchor === null && focus === null ? null : { anchor, focus };
}

/** Puts the ends back; those that were elsewhere have stayed where they were. */
export function restore(element: Node, ends: Ends): void {
  const selection = getSelection();
  if (selection === null || selection.anchorNode === null || selection.focusNode === null) return;
  const now = endsWithin(element);
  if (now?.anchor === ends.anchor && now?.focus === ends.focus) return;
  const anchor = ends.anchor === null ? null : pointAt(element, ends.anchor);
  const focus = ends.focus === null ? null : pointAt(element, ends.focus);
  selection.setBaseAndExtent(
    anchor?.node ?? selection.anchorNode,
    anchor?.offset ?? selection.anchorOffset,
    focus?.node ?? selection.focusNode,
    focus?.offset ?? selection.focusOffset,
  );
}

function charsBefore(element: Node, node: Node | null, offset: number): number | null {
  if (node === null || !element.contains(node)) return null;
  const range = document.createRange();
  range.setStart(element, 0);
  range.setEnd(node, offset);
  return range.toString().length;
}

function pointAt(element: Node, chars: number): { node: Node; offset: number } {
  const texts = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  let left = chars;
  for (let node = texts.nextNode(); node !== null; node = texts.nextNode()) {
    const { length } = node as Text;
    if (left <= length) return { node, offset: left };
    left -= length;
  }
  return { node: element, offset: element.childNodes.length };
}
