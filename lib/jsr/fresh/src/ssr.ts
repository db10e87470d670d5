// One document as HTML.
//   While a document renders, every vnode passes `enter` and every component `leave`: islands get their markers, <Head>
//   is set aside, links learn whether they are current, scripts and styles get the nonce. A vnode may outlive its
//   document (JSX in a constant), so whatever was changed on one is put back.
import { type ComponentChildren, Fragment, h, options, type VNode } from "preact";
import { renderToString } from "preact-render-to-string";
import type { BuildCache } from "./build_cache.ts";
import { headHtml, withHead } from "./head.ts";
import { Inside, IslandBoundary, IslandsOnPage, Slot } from "./islands.ts";
import { asset, assetSrcSet } from "./runtime/asset.ts";
import { Head } from "./runtime/head.ts";

/** What rendering needs to know of its request. */
export interface Surroundings {
  pathname: string;
  build: BuildCache | null;
  nonce: string | null;
}

/** One document while it renders. */
class Page {
  readonly head: ComponentChildren[] = [];
  readonly islands = new IslandsOnPage();
  /** How many islands are open around what renders now. Those within an island are ordinary components. */
  depth = 0;
  /** Depths outside of the slots that are open: a slot's content belongs to the page again. */
  readonly outer: number[] = [];
  readonly changed: { vnode: VNode; type: VNode["type"]; props: VNode["props"] }[] = [];

  constructor(readonly around: Surroundings) {}

  change(vnode: VNode, type: VNode["type"], props: object): void {
    this.changed.push({ vnode, type: vnode.type, props: vnode.props });
    Object.assign(vnode, { type, props });
  }

  restore(): void {
    for (const { vnode, type, props } of this.changed.reverse()) Object.assign(vnode, { type, props });
  }
}

/** The page that renders right now: rendering is synchronous, so there is one at most. */
let current: Page | null = null;

/** Renders a whole document, from the doctype to its last script. */
export function renderDocument(content: ComponentChildren, around: Surroundings): string {
  const page = new Page(around);
  const outer = current;
  current = page;
  try {
    const body = renderToString(h(Fragment, null, content));
    const html = body.startsWith("<html")
      ? body
      : `<html><head><meta charset="utf-8"/></head><body>${body}</body></html>`;
    return `<!DOCTYPE html>${finish(html, page)}`;
  } finally {
    page.restore();
    current = outer;
  }
}

/** Puts in what is known only after the body has been rendered. */
function finish(html: string, page: Page): string {
  const { build, nonce } = page.around;
  const nonceAttribute = nonce ? ` nonce="${nonce}"` : "";
  const scripts = (build?.scripts ?? []).map((src) =>
    `<script type="module" src="${src}"${nonceAttribute}></script>`
  );
  let preloads = "";
  let tail = "";
  if (build && page.islands.found.length > 0) {
    const used = page.islands.modules();
    const modules = new Set([...build.boot.preload, ...used.flatMap((island) => island.preload)]);
    modules.delete(build.boot.url);
    for (const url of modules) preloads += `<link rel="modulepreload" href="${url}"${nonceAttribute}/>`;
    tail = page.islands.leftovers((content) => renderToString(h(Fragment, null, content))) +
      `<script type="application/json" id="__FRSH_STATE">${page.islands.state()}</script>` +
      `<script type="module" src="${build.boot.url}"${nonceAttribute}></script>`;
  }
  tail += scripts.join("");
  const [title, head] = headHtml(page.head, (content) => renderToString(h(Fragment, null, content)));
  const headed = withHead(html, title, head + preloads);
  if (tail === "") return headed;
  const end = headed.lastIndexOf("</body>");
  return end === -1 ? headed + tail : headed.slice(0, end) + tail + headed.slice(end);
}

/** Preact's hooks by the names that its packages agree on. */
interface RenderHooks {
  __b?: (vnode: MaskedVNode) => void;
  diffed?: (vnode: VNode) => void;
}

/** `__m` is where Preact's useId() counts from. */
type MaskedVNode = VNode & { __m?: [number, number] };

const hooks = options as RenderHooks;
const { __b: beforeDiff, diffed: afterDiff } = hooks;

hooks.__b = (vnode) => {
  if (current) enter(vnode, current);
  beforeDiff?.(vnode);
};

hooks.diffed = (vnode) => {
  afterDiff?.(vnode);
  if (!current) return;
  if (vnode.type === Inside) current.depth--;
  else if (vnode.type === Slot) current.depth = current.outer.pop() ?? 0;
};

function enter(vnode: MaskedVNode, page: Page): void {
  const { type } = vnode;
  if (typeof type === "string") return enterElement(vnode, type, page);
  if (type === Fragment) return;
  if (type === Inside) {
    page.depth++;
    // The same numbers as in the browser, so that ids in the HTML and ids in the DOM agree.
    vnode.__m = [(vnode.props as unknown as { index: number }).index + 1, 0];
  } else if (type === Slot) {
    page.outer.push(page.depth);
    page.depth = 0;
  } else if (type === Head) {
    page.head.push(vnode.props.children);
    page.change(vnode, Fragment, {});
  } else if (page.depth === 0 && page.around.build) {
    const island = page.around.build.islands.get(type as never);
    if (island) {
      page.change(vnode, IslandBoundary as never, { island, type, props: vnode.props, page: page.islands });
    }
  }
}

function enterElement(vnode: VNode, type: string, page: Page): void {
  const props = vnode.props as Record<string, unknown>;
  switch (type) {
    case "a":
      if (props.href === page.around.pathname && props["aria-current"] === undefined) {
        page.change(vnode, type, { ...props, "aria-current": "page", "data-current": "true" });
      }
      return;
    case "script":
    case "style":
      if (page.around.nonce && props.nonce === undefined) {
        page.change(vnode, type, { ...props, nonce: page.around.nonce });
      }
      return;
    case "img":
    case "source": {
      if (props["data-fresh-disable-lock"]) return;
      const { src, srcset, srcSet = srcset } = props;
      const locked: Record<string, unknown> = {};
      if (typeof src === "string") locked.src = asset(src);
      if (typeof srcSet === "string") {
        Object.assign(locked, { srcset: assetSrcSet(srcSet), srcSet: undefined });
      }
      page.change(vnode, type, { ...props, ...locked });
    }
  }
}
