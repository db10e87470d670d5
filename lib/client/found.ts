// What marks a message that was looked for, and in it the words.
//   F1  Words are marked without touching what Preact drew: by the Custom Highlight API where there is one. The message
//       itself is marked anywhere.

/** More marks tell nothing more. */
const RANGES_MAX = 200;
/** The highlight's name in the style sheet. */
const NAME = "found";
/** What the message did not say. */
const UNSAID = ".reasoning, .sr-only, button, figcaption";

let unmark: (() => void) | null = null;

/** Marks a message until it is left, or another is marked. Returns where the first of the words is; null: none is drawn. */
export function mark(article: HTMLElement, words: readonly string[]): Range | null {
  clearMark();
  article.dataset.found = "";
  const draw = () => {
    const ranges = placesOf(article, words);
    if (typeof Highlight !== "undefined") CSS.highlights.set(NAME, new Highlight(...ranges));
    return ranges;
  };
  // Code that is coloured later has new nodes, and an answer that goes on has more.
  const observer = new MutationObserver(draw);
  observer.observe(article, { childList: true, characterData: true, subtree: true });
  const left = (event: Event) => article.contains(event.target as Node) || clearMark();
  document.addEventListener("pointerdown", left);
  unmark = () => {
    delete article.dataset.found;
    observer.disconnect();
    document.removeEventListener("pointerdown", left);
    if (typeof Highlight !== "undefined") CSS.highlights.delete(NAME);
  };
  return draw()[0] ?? null;
}

/** False when nothing was marked. */
export function clearMark(): boolean {
  if (unmark === null) return false;
  unmark();
  unmark = null;
  return true;
}

/** Where the words are in what a message says, in order; whole words and beginnings, unless there are none. */
export function placesOf(article: Element, words: readonly string[]): Range[] {
  const nodes: { node: Text; from: number }[] = [];
  let text = "";
  const bodies = article.querySelectorAll("[data-text]");
  for (const body of bodies) {
    const walker = document.createTreeWalker(body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
      if (node.parentElement?.closest(UNSAID)) continue;
      nodes.push({ node: node as Text, from: text.length });
      text += (node as Text).data;
    }
  }
  return placesIn(text, words).map(([start, end]) => {
    const range = document.createRange();
    const first = nodes.findLast(({ from }) => from <= start)!;
    const last = nodes.findLast(({ from }) => from < end)!;
    range.setStart(first.node, start - first.from);
    range.setEnd(last.node, end - last.from);
    return range;
  });
}

/** From and to, in order, of whole words and beginnings of words; of any place, where there are none. Pure. */
export function placesIn(text: string, words: readonly string[]): [start: number, end: number][] {
  const lower = text.toLowerCase();
  // Some letters are longer in lower case: then only what is spelled alike is found.
  const same = lower.length === text.length;
  const within = same ? lower : text;
  const wanted = new Set(words.map((word) => same ? word.toLowerCase() : word).filter((word) => word !== ""));
  const any: [number, number][] = [];
  const whole: [number, number][] = [];
  for (const word of wanted) {
    let found = 0;
    for (
      let at = within.indexOf(word);
      at >= 0 && found < RANGES_MAX;
      at = within.indexOf(word, at + word.length)
    ) {
      found += 1;
      const place: [number, number] = [at, at + word.length];
      any.push(place);
      if (!/[\p{L}\p{N}]$/u.test(within.slice(Math.max(0, at - 2), at))) whole.push(place);
    }
  }
  const places = whole.length > 0 ? whole : any;
  return places.sort(([a], [b]) => a - b).slice(0, RANGES_MAX);
}
