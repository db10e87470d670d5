// What <Head> collected, put into the document's head: titles and named metas replace what the app wrapper set.
import { type ComponentChildren, toChildArray, type VNode } from "preact";

type Render = (content: ComponentChildren) => string;

/** The last title, and the other elements of all <Head>s, without doubles. */
export function headHtml(collected: ComponentChildren[], render: Render): [title: string, rest: string] {
  const byIdentity = new Map<string, string>();
  for (const child of toChildArray(collected)) {
    if (typeof child === "object") byIdentity.set(identity(child) ?? render(child), render(child));
  }
  const title = byIdentity.get("title") ?? "";
  byIdentity.delete("title");
  return [title, [...byIdentity.values()].join("")];
}

/** Inserts into the head of a document, in place of the title and the metas of the same name. */
export function withHead(html: string, title: string, rest: string): string {
  if (title === "" && rest === "") return html;
  const end = html.indexOf("</head>");
  if (end === -1) return html;
  let head = html.slice(0, end);
  if (title !== "") head = head.replace(/<title(?:\s[^>]*)?>[^<]*<\/title>/, "");
  for (const [, attribute] of rest.matchAll(/<meta [^>]*?((?:name|property)="[^"]*")/g)) {
    head = head.replace(new RegExp(`<meta [^>]*?${RegExp.escape(attribute!)}[^>]*>`), "");
  }
  return head + title + rest + html.slice(end);
}

/** Elements of one identity replace one another. Null: only an equal one does. */
function identity({ type, key, props }: VNode): string | null {
  if (type === "title") return "title";
  if (key !== null && key !== undefined) return `${type}#${key}`;
  const { name, property } = props as { name?: unknown; property?: unknown };
  return type === "meta" && (name ?? property) ? `meta:${name ?? property}` : null;
}
