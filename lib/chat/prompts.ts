// The system prompt of an answer, and what of it people can read again later.
//   S1  An answer names the person's own part of its prompt by the hash of that text. The text is stored before the
//       provider is asked, once in a conversation however many answers it is for, and never changes.
//   S2  The operator's part is named by its variant, and shown to nobody.
import { createHash } from "node:crypto";
import { AppError } from "../core/errors.ts";
import type { Id } from "../core/ids.ts";
import { conversationKey, promptKey } from "../kv/keys.ts";
import type { Append } from "../kv/plan.ts";
import { set, type Store } from "../kv/store.ts";
import type { Conversation } from "../protocol/conversation.ts";
import type { Asked } from "../protocol/message.ts";
import { readPreferences } from "./preferences.ts";
import { type Variant, variantOf } from "./variants.ts";

/** Hex characters of a hash that name a text: 128 bits, so that no two texts share a name. */
const ID_CHARS = 32;

/** What a model is told before the conversation, and what an answer says of it. */
export interface Instructions {
  /** All of it; empty when nobody asked for anything. */
  text: string;
  asked: Pick<Asked, "promptId" | "variant">;
}

/** The conversation that an answer is for. */
type Asking = Pick<Conversation, "id" | "systemPrompt">;

export interface PromptsDeps {
  store: Store;
  append: Append;
  /** Those of the experiment; none when there is none. */
  variants: readonly Variant[];
}

export class Prompts {
  readonly #deps: PromptsDeps;

  constructor(deps: PromptsDeps) {
    this.#deps = deps;
  }

  /** The system prompt of an answer that is asked for now, and remembered (S1). @throws AppError `busy` */
  async instructionsFor(userId: Id, conversation: Asking): Promise<Instructions> {
    const { own, ...instructions } = await this.#compose(userId, conversation);
    const { promptId } = instructions.asked;
    if (promptId !== undefined) await this.#remember(conversation.id, promptId, own);
    return instructions;
  }

  /** What an answer would be told: for whoever counts beforehand. Nothing is stored. */
  async preview(userId: Id, conversation: Asking): Promise<{ text: string }> {
    const { text } = await this.#compose(userId, conversation);
    return { text };
  }

  /** What a person had asked for. The caller has checked whose conversation it is. @throws AppError `not_found` */
  async read(conversationId: Id, promptId: string): Promise<string> {
    const isName = promptId.length === ID_CHARS && /^[0-9a-f]+$/.test(promptId);
    const { value } = isName
      ? await this.#deps.store.get(promptKey(conversationId, promptId))
      : { value: null };
    if (value === null) throw new AppError("not_found", "There is no such prompt in this conversation.");
    return value;
  }

  /** `own`: the person's part of the text. */
  async #compose(userId: Id, { id, systemPrompt }: Asking): Promise<Instructions & { own: string }> {
    const { store, variants } = this.#deps;
    const { instructions } = await readPreferences(store, userId);
    const variant = variantOf(variants, id);
    const own = joined([instructions, systemPrompt]);
    return {
      own,
      text: joined([variant?.systemPrompt ?? "", own]),
      asked: {
        ...(own === "" ? {} : { promptId: idOf(own) }),
        ...(variant === null ? {} : { variant: variant.name }),
      },
    };
  }

  async #remember(conversationId: Id, promptId: string, text: string): Promise<void> {
    const { store, append } = this.#deps;
    const key = promptKey(conversationId, promptId);
    await append(async () => {
      const [known, record] = await Promise.all([
        store.get(key),
        store.get(conversationKey(conversationId)),
      ]);
      // Of a conversation that was purged meanwhile nothing is kept.
      if (known.value !== null || record.value === null) return null;
      return {
        topics: [],
        checks: [
          { key, versionstamp: null },
          { key: conversationKey(conversationId), versionstamp: record.versionstamp },
        ],
        writes: () => [set(key, text)],
      };
    });
  }
}

/** Texts with a blank line between them; those that say nothing are left out. */
function joined(texts: readonly string[]): string {
  return texts.map((text) => text.trim()).filter((text) => text !== "").join("\n\n");
}

/** Made at once: a thread's turn takes longer. */
function idOf(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, ID_CHARS);
}
