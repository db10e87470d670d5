// When something was said: the time of day, and of another day its date. In full, it is the title.
//   A server does not know its reader's clock or language: it sends the moment, and the page says it.
import { Component } from "preact";

export class When extends Component<{ atMs: number }, { here: boolean }> {
  override state = { here: false };

  override componentDidMount(): void {
    this.setState({ here: true });
  }

  override shouldComponentUpdate(next: { atMs: number }, { here }: { here: boolean }): boolean {
    return next.atMs !== this.props.atMs || here !== this.state.here;
  }

  override render({ atMs }: { atMs: number }) {
    const at = new Date(atMs);
    const iso = at.toISOString();
    if (!this.state.here) return <time class="when" dateTime={iso} title={iso} />;
    return (
      <time
        class="when"
        dateTime={iso}
        title={at.toLocaleString([], { dateStyle: "full", timeStyle: "short" })}
      >
        {clockOf(at, new Date())}
      </time>
    );
  }
}

function clockOf(at: Date, now: Date): string {
  const time = { hour: "2-digit", minute: "2-digit" } as const;
  if (at.toDateString() === now.toDateString()) return at.toLocaleTimeString([], time);
  const year = at.getFullYear() === now.getFullYear() ? undefined : "numeric";
  return at.toLocaleString([], { ...time, day: "numeric", month: "short", year });
}
