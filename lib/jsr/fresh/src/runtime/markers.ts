// Islands and slots in the HTML that the server sent: comments in pairs, as islands.ts writes them.
import { type ComponentChildren, h, type VNode } from "preact";

/** A root for Preact that is a run of siblings, not an element. */
export interface RangeRoot {
  nodeType: number;
  parentNode: Node;
  firstChild: Node | null;
  childNodes: Node[];
  namespaceURI: string | null;
  insertBefore(child: Node, before: Node | null): Node;
  appendChild(child: Node): Node;
  removeChild(child: Node): Node;
  contains(node: Node | null): boolean;
}

/** What the markers of a document say. */
export interface Markers {
  /** The islands that are in no other island. */
  islands: Comment[];
  /** By slot id, the nodes that a slot holds. */
  slots: Record<string, () => Node[]>;
}

const OPEN = "frsh:";
const CLOSE = "/frsh:";

/** Finds the markers of the document, before anything changes it. */
export function findMarkers(): Markers {
  const found: Markers = { islands: [], slots: {} };
  collect(document.body, 0, found);
  for (const template of document.querySelectorAll<HTMLTemplateElement>("template[id^=frsh-slot-]")) {
    found.slots[template.id.slice(10)] ??= () => [...template.content.childNodes];
    collect(template.content, 1, found);
  }
  return found;
}

function collect(root: Node, depth: number, found: Markers): void {
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_COMMENT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const marker = node as Comment;
    const [kind, id] = parse(marker);
    if (kind === "slot") found.slots[id!] ??= () => between(marker);
    else if (kind === "island" && depth++ === 0) found.islands.push(marker);
    else if (marker.data === `${CLOSE}island`) depth--;
  }
}

/** The kind of a marker, and its arguments. */
export function parse({ data }: Comment): string[] {
  return data.startsWith(OPEN) ? data.slice(OPEN.length).split(":") : [];
}

/** The nodes after a marker, up to the one that closes it. */
function between(start: Comment): Node[] {
  const nodes: Node[] = [];
  let depth = 1;
  for (let node = start.nextSibling; node; node = node.nextSibling) {
    const { data = "" } = node.nodeType === 8 ? node as Comment : {};
    if (data.startsWith(OPEN)) depth++;
    else if (data.startsWith(CLOSE) && --depth === 0) break;
    nodes.push(node);
  }
  return nodes;
}

/** Turns an island's markers into a root. Where its end was, an empty text stays: Preact skips over comments. */
export function rootOf(start: Comment): RangeRoot {
  const parent = start.parentNode!;
  const nodes = between(start);
  const end = document.createTextNode("");
  parent.replaceChild(end, (nodes.at(-1) ?? start).nextSibling!);
  parent.removeChild(start);
  const insertBefore = (child: Node, before: Node | null) => parent.insertBefore(child, before ?? end);
  return {
    nodeType: 1,
    parentNode: parent,
    firstChild: nodes[0] ?? null,
    childNodes: nodes,
    namespaceURI: (parent as Element).namespaceURI,
    insertBefore,
    appendChild: (child) => insertBefore(child, null),
    removeChild: (child) => parent.removeChild(child),
    contains: (node) => parent.contains(node),
  };
}

/** Nodes as vnodes that Preact can hydrate over them, or make anew elsewhere. `island` answers for those within. */
export function toVNodes(nodes: Node[], island: (marker: Comment) => VNode): ComponentChildren[] {
  const children: ComponentChildren[] = [];
  for (let i = 0; i < nodes.length; i++) {
    const node = nodes[i]!;
    if (node.nodeType === 3) children.push((node as Text).data);
    if (node.nodeType === 1) {
      const element = node as Element;
      children.push(h(element.localName, attributesOf(element), toVNodes([...element.childNodes], island)));
    }
    if (node.nodeType === 8 && parse(node as Comment)[0] === "island") {
      children.push(island(node as Comment));
      i += between(node as Comment).length + 1;
    }
  }
  return children;
}

/** A boolean attribute is there without a value; as a property, an empty string would turn it off. */
function attributesOf(element: Element): Record<string, unknown> {
  const attributes: Record<string, unknown> = {};
  for (const { name, value } of element.attributes) {
    attributes[name] = value === "" && Reflect.get(element, name) === true ? true : value;
  }
  return attributes;
}
