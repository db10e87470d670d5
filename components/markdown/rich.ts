// A message as HTML for the clipboard, from the nodes that are on the page.
//   H1  Elements and attributes by a list: buttons, classes and what a page needs stay on the page.

/** What another program can use, and what it calls it there: the page's own headings begin at the third level. */
const ELEMENTS: ReadonlyMap<string, string> = new Map([
  ["h3", "h1"],
  ["h4", "h2"],
  ["h5", "h3"],
  ["h6", "h4"],
  ...("p ul ol li blockquote hr pre code strong em del a br table thead tbody tr th td " +
    "math mrow mi mo mn ms mtext mspace mfrac msqrt mroot msub msup msubsup munder mover munderover mtable mtr mtd " +
    "mstyle mpadded mphantom menclose semantics annotation").split(" ").map((name) => [name, name] as const),
]);
const ATTRIBUTES: ReadonlySet<string> = new Set([
  "href",
  "start",
  "dir",
  "display",
  "mathvariant",
  "encoding",
]);
/** Nothing in them was said by the message. */
const LEFT_OUT = "button, figcaption, details, .source, .sr-only, svg";
const EMPTY: ReadonlySet<string> = new Set(["br", "hr"]);

/** The words of `body` as HTML. */
export function richHtml(body: Element): string {
  return [...body.childNodes].map(htmlOf).join("");
}

function htmlOf(node: Node): string {
  if (node instanceof Text) return escaped(node.data);
  if (!(node instanceof Element) || node.matches(LEFT_OUT)) return "";
  if (node instanceof HTMLInputElement) return node.checked ? "☑ " : "☐ ";
  const inside = richHtml(node);
  const name = ELEMENTS.get(node.localName);
  if (name === undefined) return inside;
  const align = node.getAttribute("data-align");
  const attributes = [
    ...[...node.attributes].filter((one) => ATTRIBUTES.has(one.name)).map((one) => [one.name, one.value]),
    ...(align === null ? [] : [["align", align]]),
  ].map(([name, value]) => ` ${name}="${escaped(value!)}"`).join("");
  return EMPTY.has(name) ? `<${name}>` : `<${name}${attributes}>${inside}</${name}>`;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll(
    '"',
    "&quot;",
  );
}

/** The message that a button belongs to, as HTML; null when it has no words that are shown as such. */
export function messageHtml(button: Element): string | null {
  const body = button.closest("article")?.querySelector("[data-text]");
  return body == null || body.querySelector(".plain") !== null ? null : richHtml(body);
}
