// Readers of a stream of tokens. Each notes when token i arrived, by the clock that timed its departure.

/** The longest a stream may take: the longest measured answer, twelve seconds, and ample room. */
const STREAM_MS_MAX = 60_000;

/** Text of a `data:` line → the answer's text in it, or "" when it has none. */
type TextIn = (line: string) => string;

/** A frame of the app's stream. */
export const fromApp: TextIn = (line) => {
  const parsed = JSON.parse(line) as { messageId?: string; parts?: { type: string; text?: string }[] };
  if (parsed.parts === undefined) return "";
  return parsed.parts.map((part) => part.type === "text" ? part.text ?? "" : "").join("");
};

/** A frame of a Chat Completions stream, as the relay passes it on. */
export const fromRelay: TextIn = (line) => {
  if (line === "[DONE]") return "";
  return (JSON.parse(line) as { choices: { delta: { content?: string } }[] }).choices[0]?.delta.content ?? "";
};

/** When each of the first `tokens` tokens arrived. Leaves as soon as the last one is there. */
export async function arrivals(response: Response, tokens: number, textIn: TextIn): Promise<number[]> {
  if (!response.ok || response.body === null) throw new Error(`${response.status}: ${await response.text()}`);
  const arrivedMs: number[] = [];
  let rest = "";
  let pending = "";
  const timer = AbortSignal.timeout(STREAM_MS_MAX);
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream(), { signal: timer })) {
    const now = performance.now();
    const lines = (rest + chunk).split("\n");
    rest = lines.pop()!;
    for (const line of lines) {
      if (!line.startsWith("data: ")) continue;
      const words = (pending + textIn(line.slice("data: ".length))).split(" ");
      pending = words.pop()!;
      for (const word of words) {
        if (Number(word) !== arrivedMs.length) {
          throw new Error(`Token ${word} came when ${arrivedMs.length} was due`);
        }
        arrivedMs.push(now);
      }
    }
    if (arrivedMs.length >= tokens) return arrivedMs;
  }
  throw new Error(`The stream ended after ${arrivedMs.length} of ${tokens} tokens`);
}
