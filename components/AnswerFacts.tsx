// Under an answer: what it took, in a line. Opened, everything that is known of it.
import { Component } from "preact";
import { answerFacts, type Fact } from "../lib/client/answer_facts.ts";
import type { Message } from "../lib/protocol/message.ts";
import type { Model } from "../lib/protocol/model.ts";
import { Lazy } from "./Lazy.tsx";
import { When } from "./When.tsx";

export interface AnswerFactsProps {
  message: Message;
  models: readonly Model[];
  /** The system prompt that has this id. */
  prompt(promptId: string): Promise<string>;
  unloaded(): void;
}

const details = () => import("./AnswerDetails.tsx").then((module) => module.AnswerDetails);

export class AnswerFacts extends Component<AnswerFactsProps, { open: boolean }> {
  override state = { open: false };

  readonly #toggled = (event: Event) =>
    this.setState({ open: (event.currentTarget as HTMLDetailsElement).open });

  override render({ message, models, prompt, unloaded }: AnswerFactsProps) {
    return (
      <details class="facts" onToggle={this.#toggled}>
        <summary data-action="facts">
          <span class="sr-only">About this answer:</span> <Facts facts={answerFacts(message, models)} />
          <When atMs={message.createdAt} />
        </summary>
        {this.state.open && <Lazy load={details} with={{ message, models, prompt }} failed={unloaded} />}
      </details>
    );
  }
}

export function Facts({ facts }: { facts: readonly Fact[] }) {
  return (
    <>
      {facts.map(({ name, text, title }) => (
        // A space of its own would be a text of its own to hydration.
        <span key={name} data-fact={name} title={title}>{`${text} `}</span>
      ))}
    </>
  );
}
