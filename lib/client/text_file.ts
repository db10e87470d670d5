// What a file is, as far as a message is concerned: text, or something that cannot go along yet.
import { MESSAGE_CHARS_MAX } from "../protocol/api.ts";
import { FILE_NAME_CHARS_MAX } from "../protocol/attached.ts";
import { count } from "./figures.ts";

/** UTF-8 takes at most three bytes of a UTF-16 unit: what is larger can in no case go along. */
export const FILE_BYTES_MAX = 3 * MESSAGE_CHARS_MAX;
type Kind = "image" | "PDF" | "Office" | "sound" | "video" | "text";

const OFFICE = /\.(?:docx?|xlsx?|pptx?|od[tsp]|pages|numbers|key|rtf)$/i;

/** What a file seems to be, before it is read. */
export function kindOf({ name, type }: Pick<File, "name" | "type">): Kind {
  if (type.startsWith("image/") && type !== "image/svg+xml") return "image";
  if (type === "application/pdf" || /\.pdf$/i.test(name)) return "PDF";
  if (OFFICE.test(name)) return "Office";
  // TypeScript is taken for a video by its `.ts`.
  if (type.startsWith("video/") && !/\.[cm]?tsx?$/i.test(name)) return "video";
  return type.startsWith("audio/") ? "sound" : "text";
}

/** Why a file cannot go along, as far as can be told without reading it. */
export function refusal(file: File): string | null {
  switch (kindOf(file)) {
    case "image":
      return "Pictures cannot be sent yet";
    case "PDF":
      return "PDF files cannot be sent yet";
    case "Office":
      return "Office files cannot be sent yet: save it as text";
    case "sound":
    case "video":
      return "Sound and video cannot be sent yet";
  }
  if (file.size === 0) return "The file is empty";
  return file.size > FILE_BYTES_MAX
    ? `Too large: a message has ${count(MESSAGE_CHARS_MAX)} characters at most`
    : null;
}

/** Reads a file to its end. @throws what the browser says, when it cannot, or when the file has grown. */
export async function bytesOf(
  file: File,
  signal: AbortSignal,
  told: (share: number) => void,
): Promise<Uint8Array> {
  const reader = file.stream().getReader();
  const bytes = new Uint8Array(file.size);
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done || signal.aborted) break;
    bytes.set(value, length); // throws when there is more than there was
    length += value.length;
    told(length / file.size);
  }
  await reader.cancel();
  return bytes.subarray(0, length);
}

/** The text in bytes; null when they are none. Notepad and Excel save UTF-16, and say so in the first two. */
export function textIn(bytes: Uint8Array): string | null {
  const encoding = bytes[0] === 0xff && bytes[1] === 0xfe
    ? "utf-16le"
    : bytes[0] === 0xfe && bytes[1] === 0xff
    ? "utf-16be"
    : "utf-8";
  try {
    const text = new TextDecoder(encoding, { fatal: true }).decode(bytes);
    // No text has these: what has, only happens to be valid.
    // deno-lint-ignore no-control-regex
    return /[\0-\x06\x0e-\x1a]/.test(text) ? null : text.replace(/\r\n?/g, "\n").replace(/\n$/, "");
  } catch {
    return null; // no valid text
  }
}

/** A name in one line that cannot end its quotes, nor run backwards. */
export function fileName(given: string): string {
  const name = given.toWellFormed().replace(/["`]/g, "'").replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, "").trim();
  if (name === "") return "file";
  const ending = /\.[^.]{1,12}$/.exec(name)?.[0] ?? "";
  return name.length <= FILE_NAME_CHARS_MAX
    ? name
    : `${
      name.slice(0, FILE_NAME_CHARS_MAX - ending.length - 1).toWellFormed().replace(/\ufffd$/, "")
    }…${ending}`;
}
