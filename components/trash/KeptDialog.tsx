// What was put away: the archive, and the trash until it is emptied.
//   D1  What another tab does to it is seen here: the first page is read again when the person's list changes.
//   D2  What goes for good is asked about where it stands; nothing else is.
import { Component, createRef } from "preact";
import { ClientError } from "../../lib/client/api.ts";
import type { Tending } from "../../lib/client/tending.ts";
import type { Id } from "../../lib/core/ids.ts";
import type { Listed } from "../../lib/protocol/conversation.ts";
import { Dialog } from "../Dialog.tsx";
import { CloseIcon } from "../Icons.tsx";
import { Older } from "./Older.tsx";
import { goesIn } from "./when.ts";

export interface KeptProps {
  which: "archive" | "trash";
  /** Null when it could not be loaded. */
  tending(): Promise<Tending | null>;
  /** Another number when the person's list has changed. */
  change: number;
  open(id: Id): void;
  /** For screen readers. */
  say(status: string): void;
  closed(): void;
}

interface Kept {
  conversation: Listed;
  /** By which they are in order, the latest first. */
  at: number;
  goesAt?: number;
}

interface State {
  rows: Kept[] | null;
  next: string | null;
  loading: boolean;
  failure: string | null;
  /** What could not be done. */
  trouble: string | null;
  /** What waits for a yes: one, or all. */
  asking: Id | "all" | null;
  /** Conversations that are gone, while the trash is being emptied. */
  emptying: number | null;
}

const LABEL = { archive: "Archive", trash: "Trash" };

export class KeptDialog extends Component<KeptProps, State> {
  override state: State = {
    rows: null,
    next: null,
    loading: true,
    failure: null,
    trouble: null,
    asking: null,
    emptying: null,
  };
  readonly #sheet = createRef<HTMLDivElement>();
  #tending: Tending | null = null;
  #gone = false;
  #reading = false;
  #stale = false;

  override componentDidMount(): void {
    void this.#begin();
  }

  override componentDidUpdate(before: KeptProps): void {
    if (before.change !== this.props.change && this.state.rows !== null) void this.#again();
  }

  override componentWillUnmount(): void {
    this.#gone = true;
  }

  async #begin(): Promise<void> {
    this.#tending = await this.props.tending();
    if (this.#tending === null) return this.props.closed();
    await this.#more();
  }

  async #page(cursor?: string): Promise<{ rows: Kept[]; next: string | null }> {
    if (this.props.which === "archive") {
      const { conversations, nextCursor } = await this.#tending!.archived(cursor);
      return {
        rows: conversations.map((conversation) => ({ conversation, at: conversation.updatedAt })),
        next: nextCursor,
      };
    }
    const { conversations, nextCursor } = await this.#tending!.trash(cursor);
    const rows = conversations.map(({ conversation, deletedAt: at, goesAt }) => ({
      conversation,
      at,
      goesAt,
    }));
    return { rows, next: nextCursor };
  }

  readonly #more = async () => {
    const { rows, next } = this.state;
    if (this.#tending === null || (rows !== null && next === null)) return;
    this.setState({ loading: true, failure: null });
    try {
      const page = await this.#page(next ?? undefined);
      if (this.#gone) return;
      this.setState(({ rows }) => ({ rows: joined(rows ?? [], page.rows), next: page.next, loading: false }));
    } catch (error) {
      if (!(error instanceof ClientError)) throw error;
      if (!this.#gone) this.setState({ loading: false, failure: error.detail });
    }
  };

  /** One at a time, and once more when something changed meanwhile (D1). */
  async #again(): Promise<void> {
    this.#stale = true;
    if (this.#reading) return;
    this.#reading = true;
    try {
      while (this.#stale && !this.#gone) {
        this.#stale = false;
        const page = await this.#page();
        if (this.#gone) return;
        this.setState(({ rows, next }) => {
          const last = page.rows.at(-1)?.at ?? Infinity;
          const older = page.next === null ? [] : (rows ?? []).filter(({ at }) => at < last);
          return { rows: joined(page.rows, older), next: older.length === 0 ? page.next : next };
        });
      }
    } catch (error) {
      if (!(error instanceof ClientError)) throw error;
      // What is shown was so a moment ago; whatever is done to it is told whether it still is.
    } finally {
      this.#reading = false;
    }
  }

  /** Takes a row away, and the focus to the one after it, else to the one before it. */
  #drop(id: Id): void {
    const at = this.state.rows?.findIndex(({ conversation }) => conversation.id === id) ?? -1;
    this.setState(
      ({ rows }) => ({ rows: (rows ?? []).filter((row) => row.conversation.id !== id), asking: null }),
      () => {
        const buttons = this.#sheet.current?.querySelectorAll<HTMLElement>("li");
        const next = buttons?.[Math.min(at, buttons.length - 1)]?.querySelector<HTMLElement>("button");
        (next ?? this.#sheet.current?.querySelector<HTMLElement>("[data-action=close-kept]"))?.focus();
      },
    );
  }

  async #act(action: "restore" | "unarchive" | "delete", row: Kept): Promise<void> {
    this.setState({ trouble: null });
    this.#drop(row.conversation.id);
    const complain = (trouble: string) =>
      this.#gone || this.setState(({ rows }) => ({ trouble, rows: joined(rows ?? [], [row]) }));
    await this.#tending!.act(action, [row.conversation], { silent: true, complain });
    if (!this.#gone) await this.#again();
  }

  async #purge(row: Kept): Promise<void> {
    const { id } = row.conversation;
    this.setState({ trouble: null });
    this.#drop(id);
    try {
      await this.#tending!.purge(id);
      this.props.say("Deleted for good.");
    } catch (error) {
      if (!(error instanceof ClientError)) throw error;
      if (!this.#gone) {
        this.setState(({ rows }) => ({ trouble: error.detail, rows: joined(rows ?? [], [row]) }));
      }
    }
  }

  async #empty(): Promise<void> {
    this.setState({ trouble: null, asking: null, emptying: 0 });
    try {
      const whole = await this.#tending!.empty((emptying) => this.#gone || this.setState({ emptying }));
      this.props.say(whole ? "The trash is empty." : "The trash is not empty.");
      if (this.#gone) return;
      if (!whole) {
        this.setState({
          trouble: "An answer in what is left is still being stopped. Try again in a moment.",
        });
      }
      this.setState({ rows: whole ? [] : this.state.rows, next: whole ? null : this.state.next });
    } catch (error) {
      if (!(error instanceof ClientError)) throw error;
      if (!this.#gone) this.setState({ trouble: error.detail });
    }
    if (this.#gone) return;
    this.setState({ emptying: null });
    await this.#again();
  }

  override render({ which, closed }: KeptProps, { rows, next, loading, failure, trouble }: State) {
    const label = LABEL[which];
    return (
      <Dialog class="dialog kept" label={label} closed={closed}>
        {(close) => (
          <div class="sheet" ref={this.#sheet}>
            <header>
              <h2>{label}</h2>
              {which === "trash" && this.#all()}
              <button type="button" class="icon" title="Close" data-action="close-kept" onClick={close}>
                <CloseIcon />
                <span class="sr-only">Close</span>
              </button>
            </header>
            <div class="scroll">
              {trouble !== null && <p class="note danger" role="alert">{trouble}</p>}
              {rows !== null && rows.length === 0 && next === null && (
                <p class="note">
                  {which === "archive"
                    ? "Nothing is archived. What you archive leaves the list and is still found by a search."
                    : "The trash is empty. What you delete can be restored from here for 30 days."}
                </p>
              )}
              <ul>{rows?.map((row) => this.#row(row, close))}</ul>
              {rows === null && failure === null && <p class="note">Loading…</p>}
              {(failure !== null || (rows !== null && next !== null)) && (
                <Older
                  loading={loading}
                  failure={failure}
                  load={() => void this.#more()}
                />
              )}
            </div>
          </div>
        )}
      </Dialog>
    );
  }

  #all() {
    const { rows, asking, emptying } = this.state;
    if (emptying !== null) return <p class="note" role="status">{emptying} deleted…</p>;
    if (rows === null || rows.length === 0) return null;
    return asking === "all"
      ? (
        <Sure
          question="Delete everything here for good?"
          yes="Delete all"
          no={() => this.setState({ asking: null })}
          sure={() => void this.#empty()}
        />
      )
      : (
        <button
          type="button"
          class="small danger"
          data-action="empty-trash"
          onClick={() => this.setState({ asking: "all" })}
        >
          Empty the trash
        </button>
      );
  }

  #row(row: Kept, close: () => void) {
    const { conversation, at, goesAt } = row;
    const { id } = conversation;
    const title = conversation.title || "New conversation";
    const date = new Date(at);
    const day = date.toLocaleDateString(undefined, { day: "numeric", month: "short", year: "numeric" });
    const archive = this.props.which === "archive";
    return (
      <li key={id} data-kept={id}>
        <p>
          {archive
            ? (
              <a
                href={`/c/${id}`}
                dir="auto"
                onClick={(event) => {
                  if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return;
                  event.preventDefault();
                  close();
                  this.props.open(id);
                }}
              >
                {title}
              </a>
            )
            : <span dir="auto">{title}</span>}
          <small>
            {goesAt === undefined ? "" : "Deleted "}
            <time dateTime={date.toISOString()}>{day}</time>
            {goesAt !== undefined && ` · ${goesIn(goesAt, Date.now())}`}
          </small>
        </p>
        {this.state.asking === id
          ? (
            <Sure
              question="For good?"
              yes="Delete"
              no={() => this.setState({ asking: null })}
              sure={() => void this.#purge(row)}
            />
          )
          : (
            <span class="row">
              <button
                type="button"
                class="small"
                data-action="restore"
                onClick={() => void this.#act(archive ? "unarchive" : "restore", row)}
              >
                {archive ? "Unarchive" : "Restore"} <span class="sr-only">{title}</span>
              </button>
              <button
                type="button"
                class="small danger"
                data-action="purge"
                disabled={this.state.emptying !== null}
                onClick={() => archive ? void this.#act("delete", row) : this.setState({ asking: id })}
              >
                {archive ? "Delete" : "Delete for good"} <span class="sr-only">{title}</span>
              </button>
            </span>
          )}
      </li>
    );
  }
}

/** What cannot be undone is asked about; the focus is on the way back. */
function Sure({ question, yes, no, sure }: { question: string; yes: string; no(): void; sure(): void }) {
  return (
    <span class="row sure" role="group" aria-label={question}>
      <span>{question}</span>
      <button type="button" class="small" data-action="keep" ref={focused} onClick={no}>Cancel</button>
      <button type="button" class="small danger" data-action="sure" onClick={sure}>{yes}</button>
    </span>
  );
}

const focused = (button: HTMLElement | null) => button?.focus();

/** Each once, the latest first. */
function joined(rows: readonly Kept[], more: readonly Kept[]): Kept[] {
  const known = new Map([...more, ...rows].map((row) => [row.conversation.id, row]));
  return [...known.values()].sort((a, b) => b.at - a.at);
}
