// The settings: of this conversation, of all of them, of this browser; a person's data, and what it has cost.
import { useId, useRef, useState } from "preact/hooks";
import type { Device } from "../../lib/client/device.ts";
import type { OwnPreferences } from "../../lib/client/own_preferences.ts";
import type { Setup } from "../../lib/client/setup.ts";
import type { ModelList, RemovedAll, UsageReport } from "../../lib/protocol/api.ts";
import { Dialog } from "../Dialog.tsx";
import { CloseIcon } from "../Icons.tsx";
import { ChatSettings } from "./ChatSettings.tsx";
import { DataView } from "./DataView.tsx";
import { DeviceView } from "./DeviceView.tsx";
import { Instructions } from "./Instructions.tsx";
import { UsageView } from "./UsageView.tsx";

export interface SettingsProps {
  setup: Setup;
  preferences: OwnPreferences;
  models: ModelList;
  /** The conversation's model. */
  model: string;
  /** False before the first message. */
  begun: boolean;
  /** The last thirty days. @throws ClientError */
  usage(): Promise<UsageReport>;
  /** For screen readers. */
  say(status: string): void;
  closed(): void;
}

interface Props extends SettingsProps {
  device: Device;
  /** Some of all conversations into the trash. @throws ClientError */
  removeSome(): Promise<RemovedAll>;
}

const TABS = ["This chat", "All chats", "This device", "Data", "Usage"] as const;

export function SettingsDialog(props: Props) {
  const [shown, setShown] = useState(0);
  const tabs = useRef<HTMLDivElement>(null);
  const id = useId();
  const go = (to: number) => {
    const next = (to + TABS.length) % TABS.length;
    setShown(next);
    (tabs.current?.children[next] as HTMLElement | undefined)?.focus();
  };
  const pressed = (event: KeyboardEvent) => {
    const steps: Record<string, number> = {
      ArrowRight: shown + 1,
      ArrowLeft: shown - 1,
      Home: 0,
      End: TABS.length - 1,
    };
    const to = steps[event.key];
    if (to === undefined) return;
    event.preventDefault();
    go(to);
  };
  return (
    <Dialog class="dialog settings" label="Settings" closed={props.closed}>
      {(close) => (
        <div class="sheet">
          <header>
            <div ref={tabs} role="tablist" aria-label="Settings" onKeyDown={pressed}>
              {TABS.map((label, i) => (
                <button
                  key={label}
                  type="button"
                  role="tab"
                  id={`${id}-tab-${i}`}
                  aria-selected={i === shown}
                  aria-controls={`${id}-panel`}
                  tabIndex={i === shown ? 0 : -1}
                  onClick={() => setShown(i)}
                >
                  {label}
                </button>
              ))}
            </div>
            <button type="button" class="icon" title="Close" data-action="close-settings" onClick={close}>
              <CloseIcon />
              <span class="sr-only">Close</span>
            </button>
          </header>
          <div id={`${id}-panel`} class="panel" role="tabpanel" aria-labelledby={`${id}-tab-${shown}`}>
            {shown === 0 && <ChatSettings {...props} close={close} />}
            {shown === 1 && <Instructions preferences={props.preferences} say={props.say} close={close} />}
            {shown === 2 && <DeviceView device={props.device} say={props.say} />}
            {shown === 3 && <DataView removeSome={props.removeSome} usage={() => go(4)} say={props.say} />}
            {shown === 4 && <UsageView read={props.usage} models={props.models.models} />}
          </div>
        </div>
      )}
    </Dialog>
  );
}
