// What axe finds wrong with a page: rules of WCAG A and AA, as far as a program can tell.
import axe from "axe-core";
import type { Page } from "playwright-core";

/** One rule that is broken, and where. */
export interface Finding {
  rule: string;
  impact: string;
  where: string[];
}

/** Serious and critical ones, of the whole page or of what is within `selector`. The page's own policy stays as it is. */
export async function findings(page: Page, selector = "html"): Promise<Finding[]> {
  if (!await page.evaluate(() => "axe" in globalThis)) await page.evaluate(axe.source);
  return await page.evaluate(async (selector) => {
    const { axe } = globalThis as unknown as { axe: typeof import("axe-core") };
    const { violations } = await axe.run(selector, { resultTypes: ["violations"] });
    return violations
      .filter(({ impact }) => impact === "serious" || impact === "critical")
      .map(({ id, impact, nodes }) => ({
        rule: id,
        impact: impact ?? "",
        where: nodes.slice(0, 5).map(({ html, failureSummary }) =>
          `${html.slice(0, 200)} ${failureSummary?.replaceAll("\n", " ").slice(0, 300)}`
        ),
      }));
  }, selector);
}
