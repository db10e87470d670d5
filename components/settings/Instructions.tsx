// Custom instructions: what a person wants said to the model in all their conversations.
import { useId } from "preact/hooks";
import { count } from "../../lib/client/figures.ts";
import type { OwnPreferences } from "../../lib/client/own_preferences.ts";
import { INSTRUCTIONS_CHARS_MAX } from "../../lib/protocol/preferences.ts";
import { SaveBar } from "./SaveBar.tsx";
import { Setting } from "./Setting.tsx";

interface Props {
  preferences: OwnPreferences;
  say(status: string): void;
  close(): void;
}

export function Instructions({ preferences, say, close }: Props) {
  const id = useId();
  const words = preferences.instructions.value;
  const tooLong = words.length > INSTRUCTIONS_CHARS_MAX;
  const save = async (event: Event) => {
    event.preventDefault();
    if (!await preferences.saveInstructions()) return;
    say("Instructions saved.");
    close();
  };
  return (
    <form onSubmit={save}>
      <div class="scroll">
        <Setting
          name="Custom instructions"
          for={`${id}-words`}
          hintId={`${id}-hint`}
          hint="Said to every model, in all your chats, before a chat's own system prompt."
          value={words.length > INSTRUCTIONS_CHARS_MAX * 0.9
            ? `${count(words.length)} of ${count(INSTRUCTIONS_CHARS_MAX)}`
            : undefined}
        >
          <textarea
            id={`${id}-words`}
            data-setting="instructions"
            rows={9}
            aria-describedby={`${id}-hint`}
            aria-invalid={tooLong}
            placeholder="Who you are, and how you like answers to be"
            value={words}
            onInput={(event) => preferences.type(event.currentTarget.value)}
          />
        </Setting>
      </div>
      <SaveBar
        what="instructions"
        changed={preferences.words.value !== null}
        valid={!tooLong}
        saving={preferences.saving.value}
        failure={preferences.failure.value}
        unsaved="Not saved yet."
        discard={() => preferences.words.value = null}
      />
    </form>
  );
}
