// One message of the conversation.
import type { ReadonlySignal } from "@preact/signals";
import { Component } from "preact";
import type { Id } from "../lib/core/ids.ts";
import type { Editing } from "../lib/client/editing.ts";
import type { Answers } from "../lib/client/answers.ts";
import type { Device } from "../lib/client/device.ts";
import {
  isTerminal,
  type Message as MessageData,
  type Part,
  type Rating as Thumb,
  textOf,
} from "../lib/protocol/message.ts";
import type { Model } from "../lib/protocol/model.ts";
import { AnswerFacts } from "./AnswerFacts.tsx";
import { UserText } from "./attachments/UserText.tsx";
import { CopyButton } from "./CopyButton.tsx";
import { Countdown } from "./Countdown.tsx";
import { ErrorNote } from "./ErrorNote.tsx";
import { FallbackNote } from "./FallbackNote.tsx";
import { AgainIcon, BackIcon, ForthIcon, RenameIcon } from "./Icons.tsx";
import { Lazy } from "./Lazy.tsx";
import { LiveFacts } from "./LiveFacts.tsx";
import { MenuButton } from "./MenuButton.tsx";
import { messageHtml } from "./markdown/rich.ts";
import { Parts } from "./Parts.tsx";
import { Rating } from "./Rating.tsx";
import { Thinking } from "./Thinking.tsx";
import { When } from "./When.tsx";

export interface MessageActions {
  regenerate(messageId: Id): void;
  /** Another answer by a model that is still to be chosen. */
  regenerateWith(messageId: Id): void;
  /** An answer that was cut off goes on. */
  goOn(messageId: Id): void;
  /** `action` is what was pressed. */
  choose(versionId: Id, action: string): void;
  /** False when it could not be saved; the person was told. */
  rate(messageId: Id, rating: Thumb | null, reason?: string): Promise<boolean>;
  /** Which message is given other words in its place. */
  editing: Editing;
  /** Sends other words in place of a person's message. The new message's id; null when it was not sent. */
  sendInstead(message: MessageData, text: string): Id | null;
  answers: Pick<Answers, "revise">;
  device: Pick<Device, "settings">;
  /** Whether an answer is being written. */
  busy: ReadonlySignal<boolean>;
  /** The system prompt of that id. */
  prompt(promptId: string): Promise<string>;
  /** A part of the page could not be loaded. */
  unloaded(): void;
}

interface Props {
  message: MessageData;
  versions: readonly Id[];
  models: readonly Model[];
  /** Nothing comes after it: an answer that was cut off can go on. */
  last: boolean;
  /** This browser, among those that answers are asked from; null: not known yet. */
  here: Id | null;
  /** Stop was asked for and the end is not here yet. */
  stopping: boolean;
  /** Shown when it is whole. */
  whole?: boolean;
  /** The same object each time, or every message renders with every word. */
  actions: MessageActions;
}

export class Message extends Component<Props> {
  /** What was there when it last had an end: it stays in view while the answer goes on. */
  #ended: Part[] = [];

  /** Messages keep their identity until they change; a list of versions is new each time and is compared by what is in it. */
  override shouldComponentUpdate(next: Props): boolean {
    const { message, versions, models, last, here, stopping, whole } = this.props;
    if (here !== next.here && message.status === "streaming") return true;
    return next.message !== message || next.stopping !== stopping || next.last !== last ||
      next.whole !== whole || next.models !== models || next.versions.join() !== versions.join();
  }

  override render(props: Props) {
    const { message, models, actions } = props;
    const { id, role, status, fallback } = message;
    const assistant = role === "assistant";
    const heading = `m-${id}`;
    if (isTerminal(status)) this.#ended = message.parts;
    const hidden = props.whole === true && status === "streaming";
    return (
      <article
        class="message"
        data-message-id={id}
        data-role={role}
        data-status={status}
        data-stage={status === "streaming" ? (isWaiting(props) ? "waiting" : "growing") : undefined}
        data-attempt={message.attempt ?? 1}
        aria-labelledby={heading}
        tabIndex={-1}
      >
        <h2 id={heading} class="sr-only">{assistant ? "Assistant" : "You"}</h2>
        {(message.attempt ?? 1) > 1 && <p class="aside">Restarted after an interruption</p>}
        {message.recovered !== undefined && <p class="aside">Went on after an interruption</p>}
        {fallback !== undefined && <FallbackNote by={message.model} fallback={fallback} models={models} />}
        {/* Each block of an answer has its own; asked for the whole, a browser reads all of them again with each that comes. */}
        <div class="body" data-text dir={assistant ? undefined : "auto"}>
          {assistant
            ? (
              <Parts
                message={hidden ? { ...message, status: "complete", parts: this.#ended } : message}
                retry={isTerminal(status) ? () => actions.regenerate(id) : undefined}
                alive={props.here !== null}
              />
            )
            : <UserText text={textOf(message)} />}
        </div>
        <Editor message={message} actions={actions} />
        {status === "streaming" && <Progress {...props} />}
        {status === "failed" && message.error !== undefined && (
          <ErrorNote failure={message.error}>
            {assistant && (
              <button type="button" data-action="retry" onClick={() => actions.regenerate(id)}>Retry</button>
            )}
            {canGoOn(props) && <GoOn id={id} actions={actions} />}
          </ErrorNote>
        )}
        {status !== "failed" && canGoOn(props) && (
          <p class="cut-off">
            <span>
              {message.stopReason === "length"
                ? "The answer reached its longest length."
                : "The answer was stopped."}
            </span>
            <GoOn id={id} actions={actions} />
          </p>
        )}
        {isTerminal(status) && <Footer {...props} />}
      </article>
    );
  }
}

const editor = () => import("./changing.ts").then((module) => module.MessageEditor);

/** Other words for a message; those that it has are shown until it is here. */
function Editor({ message, actions }: Pick<Props, "message" | "actions">) {
  const { editing, unloaded } = actions;
  if (editing.message.value !== message.id || !isTerminal(message.status)) return null;
  return <Lazy load={editor} with={{ message, text: textOf(message), editing, actions }} failed={unloaded} />;
}

/** An answer of which nothing is shown yet. */
function isWaiting({ message, whole }: Pick<Props, "message" | "whole">): boolean {
  return message.parts.length === 0 || whole === true;
}

/** What there is to say of an answer that is being written: why it has not begun, or how far it is. */
function Progress({ message, models, here, stopping, whole }: Props) {
  const { askedFrom } = message;
  const elsewhere = here !== null && askedFrom !== undefined && askedFrom.id !== here && (
    <span class="elsewhere" data-asked-on={askedFrom.id}>Asked on {askedFrom.name}</span>
  );
  if (isWaiting({ message, whole })) {
    return message.waiting === undefined
      ? <Thinking stopping={stopping} message={message} models={models}>{elsewhere}</Thinking>
      : <Countdown key={message.waiting.tried} waiting={message.waiting} stopping={stopping} />;
  }
  return (
    <p class="growing">
      <span class="pulse" aria-hidden="true" />
      {stopping ? "Stopping…" : <LiveFacts key={message.attempt ?? 1} message={message} models={models} />}
      {elsewhere}
    </p>
  );
}

/** An answer that ended before its time, with words of which there could be more, and room for them. */
function canGoOn({ message, last }: Props): boolean {
  const { role, status, stopReason, error } = message;
  const cutOff = status === "cancelled" || (status === "failed" && error?.code !== "answer_too_long") ||
    (status === "complete" && stopReason === "length");
  return role === "assistant" && last && cutOff && textOf(message).trim() !== "";
}

function GoOn({ id, actions }: { id: Id; actions: MessageActions }) {
  return <button type="button" data-action="continue" onClick={() => actions.goOn(id)}>Continue</button>;
}

const menu = () => import("./changing.ts").then((module) => module.MessageMenu);

function Footer({ message, versions, models, actions }: Props) {
  const { id } = message;
  const assistant = message.role === "assistant";
  return (
    <footer>
      <div class="actions">
        {versions.length > 1 && <Versions message={message} versions={versions} actions={actions} />}
        <CopyButton text={textOf(message)} label="Copy message" action="copy" rich={messageHtml} />
        {assistant && (
          <>
            <button
              type="button"
              class="icon"
              data-action="regenerate"
              title="Answer again"
              onClick={() => actions.regenerate(id)}
            >
              <AgainIcon />
              <span class="sr-only">Answer again</span>
            </button>
            <Rating
              rating={message.rating}
              rate={(rating, reason) => actions.rate(id, rating, reason)}
            />
          </>
        )}
        {!assistant && (
          <button
            type="button"
            class="icon"
            data-action="edit"
            title="Edit"
            onClick={() => actions.editing.begin(id)}
          >
            <RenameIcon />
            <span class="sr-only">Edit</span>
          </button>
        )}
        <MenuButton
          label="More"
          action="message-menu"
          load={menu}
          with={{ message, actions }}
          failed={actions.unloaded}
        />
      </div>
      {message.editedAt !== undefined && <span class="edited">edited</span>}
      {assistant
        ? (
          <AnswerFacts
            message={message}
            models={models}
            prompt={actions.prompt}
            unloaded={actions.unloaded}
          />
        )
        : <When atMs={message.createdAt} />}
    </footer>
  );
}

type VersionsProps = Pick<Props, "message" | "versions" | "actions">;

function Versions({ message, versions, actions }: VersionsProps) {
  const at = versions.indexOf(message.id);
  const step = (label: string, to: Id | undefined, action: string) => (
    <button
      type="button"
      class="icon"
      data-action={action}
      disabled={to === undefined}
      onClick={() => to !== undefined && actions.choose(to, action)}
    >
      {action === "version-back" ? <BackIcon /> : <ForthIcon />}
      <span class="sr-only">{label}</span>
    </button>
  );
  return (
    <span class="versions" role="group" aria-label="Versions">
      {step("Earlier version", versions[at - 1], "version-back")}
      <span data-versions>{`${at + 1}/${versions.length}`}</span>
      {step("Later version", versions[at + 1], "version-forth")}
    </span>
  );
}
