// <Head>: what a page adds to the document's head from anywhere in its tree.
import { type ComponentChildren, toChildArray, type VNode } from "preact";
import { useEffect } from "preact/hooks";

export interface HeadProps {
  children?: ComponentChildren;
}

/** Puts its children into the document's head. The server does it while rendering; in an island, an effect does. */
export function Head({ children }: HeadProps): null {
  useEffect(() => {
    for (const child of toChildArray(children)) {
      if (typeof child === "object") applyToHead(child);
    }
  });
  return null;
}

/** Changes the element that is there, or adds one. */
function applyToHead({ type, key, props }: VNode): void {
  if (typeof type !== "string") return;
  const { children, dangerouslySetInnerHTML, ...attributes } = props as Record<string, unknown>;
  const html = (dangerouslySetInnerHTML as { __html: string } | undefined)?.__html;
  const text = html ?? toChildArray(children as ComponentChildren).join("");
  if (type === "title") {
    document.title = text;
    return;
  }
  const named = attributes.name ?? attributes.property;
  const mark = `${type}-${key ?? named ?? attributes.href ?? text}`;
  const { head } = document;
  let element = [...head.querySelectorAll(type)].find((one) =>
    one.getAttribute("data-frsh-head") === mark ||
    (key == null && named && (one.getAttribute("name") ?? one.getAttribute("property")) === named)
  );
  if (!element) head.append(element = document.createElement(type));
  element.setAttribute("data-frsh-head", mark);
  for (const name in attributes) element.setAttribute(name, String(attributes[name]));
  if (element.textContent !== text) element.textContent = text;
}
