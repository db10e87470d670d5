// The link to the server, mentioned only when it is not what one expects.
import type { Link } from "../lib/client/connection.ts";

export function StatusLine({ link }: { link: Link }) {
  if (link === "waiting") {
    return <p class="status-line" data-link={link}>Reconnecting… What you send is kept.</p>;
  }
  if (link !== "stopped") return null;
  return (
    <p class="status-line" data-link={link}>
      Your session has ended. <button type="button" onClick={() => location.reload()}>Reload</button>
    </p>
  );
}
