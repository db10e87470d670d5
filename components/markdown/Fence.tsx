// A block of code: its language, its text, and a button that copies it, also while it grows.
import { CopyButton } from "../CopyButton.tsx";
import { Text } from "./text.ts";

export function Fence({ language, source }: { language: string; source: string }) {
  return (
    <figure class="fence">
      <figcaption>
        <span>{language || "text"}</span>
        <CopyButton text={source} label="Copy code" action="copy-code" />
      </figcaption>
      <pre
        tabIndex={0}
        dir="ltr"
      ><code data-language={language || undefined}><Text text={source} /></code></pre>
    </figure>
  );
}
