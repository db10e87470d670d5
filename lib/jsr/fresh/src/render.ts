// A page: the route's component, inside its layouts, inside the app wrapper, as a response.
import { type ComponentChildren, type FunctionComponent, h, type VNode } from "preact";
import { type Context, internalsOf } from "./context.ts";
import type { RouteLoader } from "./segments.ts";
import { renderDocument } from "./ssr.ts";
import type { LayoutConfig, PageProps, RouteComponent } from "./types.ts";

/** Renders a route's component, which may answer by itself. Null renders an empty page. */
export async function renderRoute<State>(
  ctx: Context<State>,
  component: RouteComponent<State> | null,
  init: ResponseInit,
  config: LayoutConfig,
): Promise<Response> {
  const content = component ? await materialise(ctx, component, () => null) : null;
  return content instanceof Response ? content : await renderPage(ctx, content, init, config);
}

/** Renders content inside the layouts and the app wrapper that hold where the request is being answered. */
export async function renderPage<State>(
  ctx: Context<State>,
  content: ComponentChildren,
  init: ResponseInit,
  config: LayoutConfig,
): Promise<Response> {
  let inner = content;
  for (const wrap of await wrappers(ctx, config)) {
    const wrapped = inner;
    const outer = await materialise(ctx, wrap, () => wrapped as VNode);
    if (outer instanceof Response) return outer;
    inner = outer;
  }
  const { build, nonce } = internalsOf(ctx);
  const html = renderDocument(inner, { pathname: ctx.url.pathname, build, nonce });
  const headers = new Headers();
  // As published: a header given twice is sent once, with its last value.
  for (const [name, value] of new Headers(init.headers)) headers.set(name, value);
  if (!headers.has("content-type")) headers.set("content-type", "text/html; charset=utf-8");
  return new Response(html, { ...init, headers });
}

/** From the inside out. */
async function wrappers<State>(ctx: Context<State>, config: LayoutConfig): Promise<RouteComponent<State>[]> {
  const { levels } = internalsOf(ctx);
  const components: RouteComponent<State>[] = [];
  let { skipInheritedLayouts, skipAppWrapper } = config;
  for (const { layout } of skipInheritedLayouts ? [] : levels.toReversed()) {
    if (!layout) continue;
    const module = await load(layout.component);
    components.push(module.component);
    const own = { ...layout.config, ...module.config };
    skipAppWrapper ||= own.skipAppWrapper;
    skipInheritedLayouts = own.skipInheritedLayouts;
    if (skipInheritedLayouts) break;
  }
  const app = levels[0]?.app;
  if (app && !skipAppWrapper) components.push((await load(app)).component);
  return components;
}

async function load<State>(
  loader: RouteLoader<State>,
): Promise<{ component: RouteComponent<State>; config?: LayoutConfig }> {
  const { component, config } = await loader();
  if (!component) throw new Error("Cannot render a layout or an app wrapper that has no component");
  return { component, config };
}

/** A component as content. An async one runs now. */
async function materialise<State>(
  ctx: Context<State>,
  component: RouteComponent<State>,
  Component: FunctionComponent,
): Promise<ComponentChildren | Response> {
  ctx.Component = Component;
  if (isAsync(component)) return await (component as AsyncComponent<State>)(ctx);
  return h(component as FunctionComponent<PageProps<unknown, State>>, propsOf(ctx));
}

type AsyncComponent<State> = (props: Context<State>) => Promise<ComponentChildren | Response>;

function isAsync(component: { constructor: { name: string } }): boolean {
  return component.constructor.name === "AsyncFunction";
}

function propsOf<State>(ctx: Context<State>): PageProps<unknown, State> {
  const { Component, config, data, error, info, isPartial, params, req, route, state, url } = ctx;
  return { Component, config, data, error, info, isPartial, params, req, route, state, url };
}
