// What a person wrote, as it is; the files that they attached, each to be opened.
import { parted } from "../../lib/protocol/attached.ts";

export function UserText({ text }: { text: string }) {
  const { text: words, files } = parted(text);
  return (
    <>
      {words !== "" && <p class="plain">{words}</p>}
      {files.map(({ name, text }, i) => (
        <details key={i} class="attached" data-attached={name}>
          <summary>
            <span dir="auto">{name}</span> <small>{linesOf(text)}</small>
          </summary>
          <pre tabIndex={0} dir="auto">{text}</pre>
        </details>
      ))}
    </>
  );
}

function linesOf(text: string): string {
  const lines = text.split("\n").length;
  return lines === 1 ? "1 line" : `${lines} lines`;
}
