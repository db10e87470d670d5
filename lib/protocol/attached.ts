// Text files in the words of a message: after what a person wrote themselves, each as a fenced block with its name.
//   F1  What `joined` (`fenced.ts`) wrote, `parted` reads back as it was. Whatever else a person types stays text.

export interface AttachedText {
  /** In one line, without quotes and backticks (`fileName` makes it so). */
  name: string;
  /** Not empty. */
  text: string;
}

/** A name is a word in a chip; beyond this nobody reads it. In UTF-16 units. */
export const FILE_NAME_CHARS_MAX = 100;

/** How a block begins: at the very beginning, or after an empty line. */
const HEAD = /(?:^|\n\n)(`{3,})[a-z0-9+#-]* file="([^"`\n]{1,100})"\n/g;

/** The words and the files of a message (F1). */
export function parted(whole: string): { text: string; files: AttachedText[] } {
  const head = new RegExp(HEAD);
  let files: AttachedText[] = [];
  let begin = 0;
  let end = -1;
  for (let found = head.exec(whole); found !== null; found = head.exec(whole)) {
    const [, fence = "", name = ""] = found;
    const from = head.lastIndex;
    const close = whole.indexOf(`\n${fence}`, from);
    const after = close + 1 + fence.length;
    if (close < 0 || (after < whole.length && !whole.startsWith("\n\n`", after))) {
      head.lastIndex = from - 1; // this line's end may be the beginning of the next block's
      continue;
    }
    // A block after anything but a block begins the files anew: what was before it is the person's own.
    if (found.index !== end) [files, begin] = [[], found.index];
    files.push({ name, text: whole.slice(from, close) });
    end = head.lastIndex = after;
  }
  return end === whole.length ? { text: whole.slice(0, begin), files } : { text: whole, files: [] };
}

/** A message in a line: its words, or what its files are called. */
export function inALine(whole: string): string {
  const { text, files } = parted(whole);
  return [text, ...files.map(({ name }) => name)].filter((part) => part.trim() !== "").join(" · ");
}
