// What the page says beside the conversation: toasts, the state of the link, and words for screen readers.
import { useSignalEffect } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { CloseIcon } from "../components/Icons.tsx";
import { StatusLine } from "../components/StatusLine.tsx";
import { settle } from "../lib/client/settled.ts";
import { useStore } from "../lib/client/use_store.ts";
import type { Id } from "../lib/core/ids.ts";

export default function Notices(props: { person?: Id }) {
  const store = useStore(props);
  useEffect(() => settle(store), []);
  const { items, status, alert, reply } = store.notices;
  const companion = useRef<(() => void) | null>(null);
  // Loaded when the page is alive; if that failed, when the network is back.
  useSignalEffect(() => {
    if (store.link.value !== "live" || companion.current !== null) return;
    companion.current = () => {};
    import("../components/companion.ts").then(
      ({ accompany }) => companion.current = accompany(store),
      () => companion.current = null,
    );
  });
  useEffect(() => () => companion.current?.(), []);
  return (
    <div class="notices">
      {/* Here from the first HTML on: a region that is added later is not heard. */}
      <div role="status" class="sr-only" data-announcer="status">{status.value}</div>
      <div role="log" class="sr-only" aria-live="polite" aria-relevant="additions" data-announcer="reply">
        {reply.value.map((piece, i) => <p key={i}>{piece}</p>)}
      </div>
      <div role="alert" class="sr-only" data-announcer="alert">{alert.value}</div>
      <StatusLine
        link={store.link.value}
        offline={store.offline.value}
        asOf={store.asOf.value}
        startOver={() => store.startOver()}
      />
      <ul>
        {items.value.map((notice) => (
          <li
            key={notice.id}
            class="toast"
            data-tone={notice.tone}
            role={notice.tone === "error" ? "alert" : "status"}
          >
            <span>
              {notice.text}
              {notice.requestId !== undefined && <small class="request-id">Request {notice.requestId}</small>}
            </span>
            {notice.action !== undefined && (
              <button
                type="button"
                data-action="notice"
                onClick={() => {
                  notice.action?.run();
                  store.notices.dismiss(notice.id);
                }}
              >
                {notice.action.label}
              </button>
            )}
            <button
              type="button"
              class="icon"
              title="Dismiss"
              onClick={() => store.notices.dismiss(notice.id)}
            >
              <CloseIcon />
              <span class="sr-only">Dismiss</span>
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}
