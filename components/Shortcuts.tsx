// The keys of the page, and whether they are listened to.
import { caps, keysOf, onMac, placeKeys, SHORTCUTS } from "../lib/client/shortcuts.ts";
import type { DeviceSettings } from "../lib/protocol/device.ts";
import { Dialog } from "./Dialog.tsx";
import { CloseIcon } from "./Icons.tsx";

interface Props {
  settings: DeviceSettings;
  turn(shortcuts: DeviceSettings["shortcuts"]): void;
  closed(): void;
}

export function Shortcuts({ settings, turn, closed }: Props) {
  const on = settings.shortcuts === "on";
  return (
    <Dialog class="dialog shortcuts" label="Keyboard shortcuts" closed={closed}>
      {(close) => (
        <div class="sheet">
          <header>
            <h2>Keyboard shortcuts</h2>
            <button type="button" class="icon" title="Close" onClick={close}>
              <CloseIcon />
              <span class="sr-only">Close</span>
            </button>
          </header>
          <div class="scroll" tabIndex={0}>
            <label class="check">
              <input
                type="checkbox"
                role="switch"
                data-action="turn-shortcuts"
                checked={on}
                onChange={(event) => turn(event.currentTarget.checked ? "on" : "off")}
              />
              <span>
                Listen to these keys
                <small>Without Ctrl, Cmd or Alt they do nothing while you type.</small>
              </span>
            </label>
            <section data-off={!on}>
              <h3>Anywhere</h3>
              <dl>
                {SHORTCUTS.map((shortcut) => (
                  <Row key={shortcut.name} says={shortcut.says} keys={keysOf(shortcut)} />
                ))}
              </dl>
            </section>
            {placeKeys(settings.sendKey).map(({ place, keys }) => (
              <section key={place}>
                <h3>{place}</h3>
                <dl>
                  {keys.map(([says, ...keys]) => <Row key={says} says={says} keys={keys} />)}
                </dl>
              </section>
            ))}
          </div>
        </div>
      )}
    </Dialog>
  );
}

function Row({ says, keys }: { says: string; keys: readonly string[] }) {
  const mac = onMac();
  return (
    <div>
      <dt>{says}</dt>
      <dd>
        {keys.map((one, i) => (
          <span key={one} class="keys">
            {i > 0 && <span class="or">or</span>}
            {caps(one, mac).map((cap) => <kbd key={cap}>{cap}</kbd>)}
          </span>
        ))}
      </dd>
    </div>
  );
}
