// Which model answers: in the conversation, in the next message alone, or once more where an answer is already.
import { useSignal } from "@preact/signals";
import { ChevronIcon } from "../components/Icons.tsx";
import { Lazy, prepare } from "../components/Lazy.tsx";
import { nameOf } from "../lib/client/catalog.ts";
import { useStore } from "../lib/client/use_store.ts";
import type { ModelList } from "../lib/protocol/api.ts";
import type { Conversation } from "../lib/protocol/conversation.ts";

const chooser = () => import("../components/ModelChooser.tsx").then((module) => module.ModelChooser);

export default function ModelPicker(props: { models?: ModelList; conversation: Conversation | null }) {
  const store = useStore(props);
  const { models } = store.models.value;
  const { choice, answers } = store;
  const open = useSignal(false);
  const standing = choice.standing.value;
  const answer = answers.choosingFor.value;

  const closed = () => {
    open.value = false;
    answers.choosingFor.value = null;
  };
  const choose = (model: string, once: boolean) => {
    if (answer !== null) void answers.again(answer, model);
    else if (once) choice.chooseOnce(model);
    else void choice.choose(model);
  };
  return (
    <>
      <button
        type="button"
        class="picker"
        data-action="model"
        aria-haspopup="dialog"
        aria-expanded={open.value}
        onPointerEnter={() => prepare(chooser)}
        onFocus={() => prepare(chooser)}
        onClick={() => open.value = true}
      >
        <span class="sr-only">Model:</span> <span class="name">{nameOf(models, standing)}</span>
        <ChevronIcon />
      </button>
      {(open.value || answer !== null) && (
        <Lazy
          load={chooser}
          with={{
            models,
            current: answer === null ? choice.next.value : standing,
            label: answer === null ? "Choose a model" : "Answer again with another model",
            once: answer === null ? choice.once.value !== null : null,
            choose,
            closed,
          }}
          failed={() => {
            closed();
            store.unloaded();
          }}
        />
      )}
    </>
  );
}
