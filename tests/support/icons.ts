// Draws the icons of the installed app from their SVGs, in the tests' own Chromium: `deno task icons`. Their PNGs are
// committed, because a server has nothing to draw with.
import { withBrowser } from "./browser.ts";
import { join, ROOT } from "./paths.ts";

/** Each PNG in static/icons/, the SVG in static/ that it is made of, and its side. */
const ICONS: [png: string, svg: string, sidePx: number][] = [
  ["192.png", "favicon.svg", 192],
  ["512.png", "favicon.svg", 512],
  ["maskable-192.png", "icons/maskable.svg", 192],
  ["maskable-512.png", "icons/maskable.svg", 512],
  // iOS cuts the corners itself, and shows black where an icon is transparent.
  ["apple-touch.png", "icons/maskable.svg", 180],
];

if (import.meta.main) {
  await withBrowser(async (browser) => {
    for (const [png, svg, sidePx] of ICONS) {
      const context = await browser.context({ viewport: { width: sidePx, height: sidePx } });
      const page = await context.newPage();
      const source = await Deno.readTextFile(join(ROOT, "static", svg));
      await page.setContent(
        `<style>body{margin:0}svg{display:block;width:100vw;height:100vh}</style>${source}`,
      );
      await page.screenshot({ path: join(ROOT, "static/icons", png), omitBackground: true });
      await context.close();
    }
  });
}
