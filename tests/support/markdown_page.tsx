// What runs in the page: an answer that grows by a character at a time, looked at after each.
import { render } from "preact";
import { Markdown } from "@/components/markdown/Markdown.tsx";

/** What is to be read but for code and formulas, whose marks are their own. */
function words(root: Element): string {
  const copy = root.cloneNode(true) as Element;
  for (const own of copy.querySelectorAll("code, math, [data-formula], button")) own.replaceWith("⌗");
  return copy.textContent ?? "";
}

/** The moments at which `marks` were seen, each as what was there so far and what it looked like. */
function growing(source: string, marks: string): { until: string; shows: string }[] {
  const root = document.createElement("div");
  document.body.replaceChildren(root);
  const pattern = new RegExp(marks);
  const seen: { until: string; shows: string }[] = [];
  for (let end = 1; end <= source.length; end++) {
    render(<Markdown text={source.slice(0, end)} streaming />, root);
    const shows = words(root);
    if (pattern.test(shows)) seen.push({ until: source.slice(Math.max(0, end - 40), end), shows });
  }
  render(null, root);
  return seen;
}

Object.assign(globalThis, { growing });
