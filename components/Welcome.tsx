// The page before the first message.

/** Things to try. They fill the box, so that they can be changed first. */
export const STARTERS = [
  { text: "What can you show?", promise: "A tour of what an answer can look like" },
  { text: "count to 500", promise: "Watch it run, then open it in a second tab" },
  {
    text: "Explain how a write-ahead log survives a crash, in five sentences.",
    promise: "An idea, in short",
  },
  {
    text: "Draft a short, friendly note that moves our meeting to Thursday.",
    promise: "Words for somebody else",
  },
] as const;

export function Welcome({ pick }: { pick: (text: string, send: boolean) => void }) {
  return (
    <section class="welcome" aria-labelledby="welcome-title">
      <h1 id="welcome-title">Throughline</h1>
      <p>Answers that go on writing, whatever happens to the tab that asked.</p>
      <ul>
        {STARTERS.map(({ text, promise }) => (
          <li key={text}>
            <button type="button" data-action="starter" onClick={(event) => pick(text, event.shiftKey)}>
              <strong>{text}</strong>
              <span>{promise}</span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
