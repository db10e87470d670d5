// A run of text that grows in place.
import { Component } from "preact";

/**
 * Changes only what differs of its text node. Setting the whole text instead, as Preact does, moves the ends of a
 * selection in it to the start.
 */
export class Text extends Component<{ text: string }> {
  override shouldComponentUpdate(next: { text: string }): boolean {
    const node = this.base;
    if (!(node instanceof globalThis.Text)) return true;
    amend(node, next.text);
    return false;
  }

  override render(): string {
    return this.props.text;
  }
}

/** Makes `node` say `text` by the smallest change at its end. */
export function amend(node: CharacterData, text: string): void {
  const before = node.data;
  if (text === before) return;
  if (text.startsWith(before)) return node.appendData(text.slice(before.length));
  let same = 0;
  while (same < text.length && text[same] === before[same]) same += 1;
  node.replaceData(same, before.length - same, text.slice(same));
}
