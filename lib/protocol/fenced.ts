// Text files as they are written into the words of a message (F1). Loaded by whoever attaches one.
import type { AttachedText } from "./attached.ts";

/** A message of these words and files. */
export function joined(text: string, files: readonly AttachedText[]): string {
  return [...(text === "" && files.length > 0 ? [] : [text]), ...files.map(block)].join("\n\n");
}

function block({ name, text }: AttachedText): string {
  const language = /\.([a-z0-9+#-]{1,12})$/i.exec(name)?.[1]?.toLowerCase() ?? "";
  // Longer than any that a line of the text begins with.
  const longest = (text.match(/^ {0,3}`{3,}/gm) ?? []).reduce(
    (max, run) => Math.max(max, run.trim().length),
    2,
  );
  const fence = "`".repeat(longest + 1);
  return `${fence}${language} file="${name}"\n${text}\n${fence}`;
}
