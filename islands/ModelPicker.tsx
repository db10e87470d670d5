// Which model answers next. A native list: every phone and screen reader knows it.
import { useStore } from "../lib/client/use_store.ts";
import type { ModelList } from "../lib/protocol/api.ts";
import type { Conversation } from "../lib/protocol/conversation.ts";
import type { Model } from "../lib/protocol/model.ts";

export default function ModelPicker(props: { models: ModelList; conversation: Conversation | null }) {
  const store = useStore(props);
  const { models } = store.models.value;
  const chosen = store.model.value;
  const providers = [...new Set(models.map((model) => model.provider))];
  return (
    <label class="model-picker">
      <span class="sr-only">Model</span>
      <select
        data-action="model"
        value={chosen}
        onChange={(event) => void store.chooseModel(event.currentTarget.value)}
      >
        {!models.some((model) => model.id === chosen) && (
          <option value={chosen} selected disabled>{chosen}</option>
        )}
        {providers.map((provider) => (
          <optgroup key={provider} label={provider}>
            {models.filter((model) => model.provider === provider).map((model) => (
              <option
                key={model.id}
                value={model.id}
                selected={model.id === chosen}
                disabled={!model.available}
              >
                {label(model)}
              </option>
            ))}
          </optgroup>
        ))}
      </select>
    </label>
  );
}

function label({ name, available, unavailableBecause }: Model): string {
  return available ? name : `${name} (${unavailableBecause ?? "not available"})`;
}
