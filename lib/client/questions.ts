// The questions of the branch that is shown, and going from one to another.
import type { Id } from "../core/ids.ts";
import { textOf } from "../protocol/message.ts";
import { ClientError } from "./api.ts";
import type { BranchItem } from "./branch.ts";
import { mark } from "./found.ts";
import { articleOf } from "./reveal.ts";
import type { Store } from "./store.ts";
import { until } from "./until.ts";

export interface Question {
  id: Id;
  /** Its beginning, on one line. */
  text: string;
}

/** As much of a question as a line shows. */
const LINE_CHARS_MAX = 160;
/** A question that is at the top of the list stands a little below it. */
const TOP_PX = 24;

export function questionsOf(items: readonly BranchItem[]): Question[] {
  return items.filter(({ message }) => message.role === "user").map(({ message }) => ({
    id: message.id,
    text: textOf(message).trimStart().slice(0, LINE_CHARS_MAX).replace(/\s+/g, " "),
  }));
}

/** Where the last step led: a question near the end of the list cannot be brought to its top. */
let last: { id: Id; top: number } | null = null;

/** The place of the question that is being read, or whose answer is; -1 above the first. */
export function questionAt(questions: readonly Question[]): number {
  const list = document.querySelector(".log");
  if (list === null) return -1;
  if (last !== null && last.top === list.scrollTop) {
    const at = questions.findIndex(({ id }) => id === last!.id);
    if (at >= 0) return at;
  }
  return questions.findLastIndex(({ id }) => topOf(list, id) <= TOP_PX);
}

let loading = false;

/** Goes to the question before or after the one that is read. From within an answer, the one before is its own. */
export async function step(store: Store, by: -1 | 1): Promise<void> {
  const questions = questionsOf(store.open.shown.peek());
  const list = document.querySelector(".log");
  if (list === null || questions.length === 0) return;
  const at = questionAt(questions);
  const here = questions[at];
  const within = here !== undefined && last?.top !== list.scrollTop && topOf(list, here.id) < 0;
  const to = by < 0 && within ? at : at + by;
  if (to >= questions.length) {
    store.pin.peek()?.jump();
    last = null;
  } else if (to < 0 && store.open.earlier.peek()) {
    const first = questions[0]!.id;
    if (loading) return; // a second press is the same wish
    loading = true;
    const loaded = await loadEarlier(store);
    loading = false;
    if (!loaded) return;
    const all = questionsOf(store.open.shown.peek());
    const before = all.findIndex(({ id }) => id === first) - 1;
    await until(() => articleOf(all[before]?.id ?? first));
    goTo(store, all, Math.max(0, before));
  } else goTo(store, questions, Math.max(0, to));
}

/** Loads what was said before. False when that failed; the person was told. */
export async function loadEarlier(store: Store): Promise<boolean> {
  try {
    await store.open.loadEarlier();
    return true;
  } catch (error) {
    if (!(error instanceof ClientError)) throw error;
    const { detail, requestId } = error;
    store.notices.show({ tone: "error", text: `Earlier messages could not be loaded. ${detail}`, requestId });
    return false;
  }
}

/** Whoever writes goes on writing: the focus moves only from one message to another. */
export function goTo(
  store: Store,
  questions: readonly Question[],
  at: number,
  takeFocus = !isWriting(),
): void {
  const question = questions[at];
  const article = question === undefined ? null : articleOf(question.id);
  const pin = store.pin.peek();
  if (question === undefined || article === null || pin === null) return;
  mark(article, []);
  pin.show(article);
  last = { id: question.id, top: document.querySelector(".log")?.scrollTop ?? 0 };
  if (takeFocus) article.focus({ preventScroll: true });
  else store.notices.announce({ status: `${placeOf(store, questions, at)}: ${question.text}` });
}

/** Which of the questions it is, as far as anybody here knows. */
function placeOf({ open }: Store, questions: readonly Question[], at: number): string {
  return open.earlier.peek() ? "Question" : `Question ${at + 1} of ${questions.length}`;
}

function isWriting(): boolean {
  return document.activeElement?.matches("textarea, input, select") === true;
}

/** How far the top of a question is below the top of the list. */
function topOf(list: Element, id: Id): number {
  const top = articleOf(id)?.getBoundingClientRect().top;
  return top === undefined ? Infinity : top - list.getBoundingClientRect().top;
}
