// What is laid over the page, one at a time. Each is loaded when somebody asks for it.
import { Lazy, prepare } from "../components/Lazy.tsx";
import type { Id } from "../lib/core/ids.ts";
import type { DialogName } from "../lib/client/dialog_name.ts";
import type { Store } from "../lib/client/store.ts";
import { useStore } from "../lib/client/use_store.ts";

const KEPT = () => import("../components/trash/KeptDialog.tsx").then((module) => module.KeptDialog);

const LOAD = {
  archive: KEPT,
  trash: KEPT,
  settings: () => import("../components/settings/SettingsDialog.tsx").then((module) => module.SettingsDialog),
  palette: () => import("../components/palette/Palette.tsx").then((module) => module.Palette),
  outline: () => import("../components/Outline.tsx").then((module) => module.Outline),
  shortcuts: () => import("../components/Shortcuts.tsx").then((module) => module.Shortcuts),
};

export default function Dialogs() {
  const store = useStore({});
  const name = store.dialog.value;
  return name === null ? null : <Shown key={name} name={name} store={store} />;
}

function Shown({ name, store }: { name: DialogName; store: Store }) {
  const closed = () => store.dialog.value = null;
  const failed = () => {
    closed();
    store.unloaded();
  };
  switch (name) {
    case "palette":
      return <Lazy load={LOAD.palette} failed={failed} with={{ store, closed }} />;
    case "outline":
      return <Lazy load={LOAD.outline} failed={failed} with={{ store, closed }} />;
    case "shortcuts":
      return (
        <Lazy
          load={LOAD.shortcuts}
          failed={failed}
          with={{
            settings: store.device.settings.value,
            turn: (shortcuts) => store.device.change("shortcuts", shortcuts),
            closed,
          }}
        />
      );
    case "archive":
    case "trash":
      return (
        <Lazy
          load={KEPT}
          failed={failed}
          with={{
            which: name,
            tending: () => store.tending(),
            change: store.library.listing.value.cursor,
            open: (id: Id) => void store.go(id),
            say: (status: string) => store.notices.announce({ status }),
            closed,
          }}
        />
      );
    case "settings":
      return (
        <Lazy
          load={LOAD.settings}
          failed={failed}
          with={{
            setup: store.setup,
            preferences: store.preferences,
            models: store.models.value,
            model: store.choice.standing.value,
            begun: store.open.id.value !== null,
            device: store.device,
            removeSome: () => store.removeSome(),
            usage: () => store.answers.usage(),
            say: (status: string) => store.notices.announce({ status }),
            closed,
          }}
        />
      );
  }
}

/** Begins to load a dialog that is likely wanted soon. */
export function prepareDialog(name: DialogName): void {
  prepare(LOAD[name]);
}
