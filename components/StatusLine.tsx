// The link to the server, mentioned only when it is not what one expects.
import type { Link } from "../lib/client/connection.ts";

interface Props {
  link: Link;
  offline: boolean;
  /** Of when that is what the page shows, where there is no network. */
  asOf: string | null;
  /** Begins a new session, and takes along what was not sent. */
  startOver(): void;
}

export function StatusLine({ link, offline, asOf, startOver }: Props) {
  if (offline) {
    return (
      <p class="status-line" data-link="waiting">
        {asOf === null ? "Reconnecting…" : `Offline, as of ${asOf}.`} What you send is kept.
      </p>
    );
  }
  if (link !== "stopped") return null;
  return (
    <p class="status-line" data-link={link}>
      Your session has ended.{" "}
      <button type="button" data-action="start-over" onClick={startOver}>Begin a new one</button>
    </p>
  );
}
