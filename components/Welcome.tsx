// The page before the first message.
import type { Starter } from "../lib/protocol/api.ts";

interface Props {
  starters: readonly Starter[];
  /** They fill the box, so that they can be changed first. */
  pick(text: string, send: boolean): void;
}

export function Welcome({ starters, pick }: Props) {
  return (
    <section class="welcome" aria-labelledby="welcome-title">
      <h1 id="welcome-title">Throughline</h1>
      <p>Answers that go on writing, whatever happens to the tab that asked.</p>
      <ul>
        {starters.map(({ text, promise }) => (
          <li key={text}>
            <button type="button" data-action="starter" onClick={(event) => pick(text, event.shiftKey)}>
              <strong dir="auto">{text}</strong>
              <span dir="auto">{promise}</span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
