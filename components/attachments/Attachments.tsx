// Files beside the words that are being written. Loaded with the first of them.
import type { ReadonlySignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { Attaching } from "../../lib/client/attaching.ts";
import type { DraftFile } from "../../lib/client/drafts.ts";
import { count } from "../../lib/client/figures.ts";
import { MESSAGE_CHARS_MAX } from "../../lib/protocol/api.ts";
import { AgainIcon, CloseIcon, Icon } from "../Icons.tsx";

export { Attaching };

interface Props {
  files: readonly DraftFile[];
  /** Made before this is shown. */
  attaching: ReadonlySignal<Attaching | null>;
}

/** What a long paste is called. */
const PASTED = /^pasted-text(?:-\d+)?\.txt$/;

export function Attachments({ files, attaching: { value: attaching } }: Props) {
  if (attaching === null) return null;
  return (
    <ul class="files" aria-label="Attached files">
      {files.map((file) => {
        const { id, name, state } = file;
        return (
          <li key={id} data-file={name} data-file-state={state}>
            <Picture id={id} attaching={attaching} />
            <span class="name" id={`f-${id}`}>
              <span dir="auto" title={name}>{name}</span>
              <small>{aboutIt(file)}</small>
              {state === "reading" && <progress value={file.share} max={1} aria-label={`Reading ${name}`} />}
            </span>
            {state === "failed" && attaching.sourceOf(id) !== undefined && (
              <Action
                id={id}
                action="retry-file"
                label="Retry"
                act={(id) => attaching.retry(id)}
              >
                <AgainIcon />
              </Action>
            )}
            {state === "ready" && PASTED.test(name) && (
              <Action
                id={id}
                action="unwrap-file"
                label="Put it into the message"
                act={(id) => attaching.unwrap(id)}
              >
                <TextIcon />
              </Action>
            )}
            <Action id={id} action="remove-file" label="Remove" act={(id) => attaching.remove(id)}>
              <CloseIcon />
            </Action>
          </li>
        );
      })}
    </ul>
  );
}

interface ActionProps {
  id: string;
  action: string;
  label: string;
  act(id: string): void;
  children: ComponentChildren;
}

function Action({ id, action, label, act, children }: ActionProps) {
  return (
    <button
      type="button"
      class="icon"
      data-action={action}
      title={label}
      aria-describedby={`f-${id}`}
      onClick={() => act(id)}
    >
      {children}
      <span class="sr-only">{label}</span>
    </button>
  );
}

/** A picture of a picture: drawn, for the page's policy lets it load none from elsewhere. */
function Picture({ id, attaching }: { id: string; attaching: Attaching }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    void attaching.picture(id).then((bitmap) => {
      const paper = canvas.current?.getContext("2d");
      if (bitmap === null) return;
      if (canvas.current !== null && paper) {
        const side = Math.min(bitmap.width, bitmap.height);
        const [x, y] = [(bitmap.width - side) / 2, (bitmap.height - side) / 2];
        paper.drawImage(bitmap, x, y, side, side, 0, 0, canvas.current.width, canvas.current.height);
        canvas.current.hidden = false;
      }
      bitmap.close();
    });
  }, [id]);
  return (
    <span class="picture" aria-hidden="true">
      <FileIcon />
      <canvas ref={canvas} width={80} height={80} hidden />
    </span>
  );
}

/** How it stands with a file, in a few words. */
function aboutIt(file: DraftFile): string {
  switch (file.state) {
    case "reading":
      return `${Math.round(file.share * 100)} %`;
    case "failed":
    case "refused":
      return file.why;
    case "ready": {
      const over = file.text.length - MESSAGE_CHARS_MAX;
      if (over > 0) return `${count(over)} characters too many`;
      const ending = /\.([^.]{1,5})$/.exec(file.name)?.[1]?.toUpperCase();
      return [...(ending === undefined ? [] : [ending]), sizeOf(file.bytes)].join(" · ");
    }
  }
}

/** `1.2 KB`. */
function sizeOf(bytes: number): string {
  return bytes < 1_000
    ? `${bytes} byte${bytes === 1 ? "" : "s"}`
    : `${(bytes / 1_000).toFixed(bytes < 10_000 ? 1 : 0)} KB`;
}

const FileIcon = () => (
  <Icon>
    <path d="M13.5 4H7.5A1.5 1.5 0 0 0 6 5.5v13A1.5 1.5 0 0 0 7.5 20h9a1.5 1.5 0 0 0 1.5-1.5v-10zV8.5H18" />
  </Icon>
);
const TextIcon = () => (
  <Icon>
    <path d="M5 7h14M5 12h14M5 17h8" />
  </Icon>
);
