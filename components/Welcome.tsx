// The page before the first message.

/** Things to try. They fill the box, so that they can be changed first. */
export const STARTERS = [
  { title: "What can you show?", text: "What can you show?" },
  { title: "Count to 500", text: "count to 500" },
  { title: "Explain an idea", text: "Explain how a write-ahead log survives a crash, in five sentences." },
  { title: "Draft something", text: "Draft a short, friendly note that moves our meeting to Thursday." },
] as const;

export function Welcome({ pick }: { pick: (text: string, send: boolean) => void }) {
  return (
    <section class="welcome" aria-labelledby="welcome-title">
      <h1 id="welcome-title">Throughline</h1>
      <p>Answers that go on writing, whatever happens to the tab that asked.</p>
      <ul>
        {STARTERS.map(({ title, text }) => (
          <li key={title}>
            <button type="button" data-action="starter" onClick={(event) => pick(text, event.shiftKey)}>
              <strong>{title}</strong>
              <span>{text}</span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
