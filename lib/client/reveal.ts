// Shows one message, wherever it is: opens its conversation, turns to its branch, goes to it, marks it and gives it the
// focus.
//   V1  One at a time: a later wish ends an earlier one.
//   V2  Looking changes nothing: the branch is turned to in this tab alone, also while an answer is written.
import type { Id } from "../core/ids.ts";
import { ClientError } from "./api.ts";
import { clearMark, mark } from "./found.ts";
import type { Store } from "./store.ts";
import { until } from "./until.ts";

export interface Place {
  conversationId: Id;
  messageId: Id;
  /** What was looked for in it, as it is written there. */
  words?: readonly string[];
}

/** Of the view, how much may lie between the top of a message and its words so that both are shown. */
const VIEW_SHARE = 0.7;

let looking = new AbortController();

/** False when there is no such message any more; the person was told. */
export async function reveal(
  store: Store,
  { conversationId, messageId, words = [] }: Place,
): Promise<boolean> {
  looking.abort();
  looking = new AbortController();
  const { signal } = looking;
  clearMark();
  store.drawer.value = false;
  await store.go(conversationId, messageId);
  const { open } = store;
  // Whoever went back is there already, and what is there may still be under way.
  const isKnown = () => open.state.peek() !== null || open.missing.peek() !== null || null;
  await until(isKnown, { signal, watch: open.state });
  if (signal.aborted || open.id.peek() !== conversationId || open.missing.peek() !== null) return false;
  if (addressed() !== messageId) history.replaceState(history.state, "", `#m-${messageId}`);
  const there = await isBrought(store, messageId);
  if (signal.aborted || there === null) return false;
  if (!there && open.missing.peek() === null) {
    store.notices.show({ tone: "calm", text: "That message is not there any more." });
  }
  const pin = await until(() => store.pin.value?.of === conversationId ? store.pin.value : null, {
    signal,
    watch: store.pin,
  });
  const article = there ? await until(() => articleOf(messageId), { signal }) : null;
  if (signal.aborted || pin === null) return false;
  if (article === null) {
    pin.jump();
    return false;
  }
  const first = mark(article, words);
  pin.show(first === null || isNear(article, first) ? article : first);
  article.focus({ preventScroll: true });
  const left = open.id.subscribe((id) => {
    if (id === conversationId) return;
    clearMark();
    queueMicrotask(() => left());
  });
  signal.addEventListener("abort", left, { once: true });
  return true;
}

/** Whether the message is among those that are shown by now. Null: nobody knows, and the person was told. */
async function isBrought(store: Store, messageId: Id): Promise<boolean | null> {
  try {
    return await store.open.reveal(messageId);
  } catch (error) {
    if (!(error instanceof ClientError)) throw error;
    if (error.status === 404) return false;
    const { detail, requestId } = error;
    store.notices.show({ tone: "error", text: `The message could not be loaded. ${detail}`, requestId });
    return null;
  }
}

/** The message that the page's address names. */
export function addressed(): Id | null {
  return /^#m-([0-9a-f-]{36})$/.exec(location.hash)?.[1] ?? null;
}

export function articleOf(messageId: Id): HTMLElement | null {
  return document.querySelector<HTMLElement>(`article[data-message-id="${messageId}"]`);
}

/** Whether words stand so near the top of their message that both can be seen. */
function isNear(article: Element, words: Range): boolean {
  const view = article.closest(".log")?.clientHeight ?? 0;
  const { top } = article.getBoundingClientRect();
  return words.getBoundingClientRect().bottom - top < view * VIEW_SHARE;
}
