// How this browser shows the page and what its keys do. Each choice holds at once, in every tab.
import { useState } from "preact/hooks";
import type { Device } from "../../lib/client/device.ts";
import { askPermission, type Permission } from "../../lib/client/notification.ts";
import type { DeviceSettings } from "../../lib/protocol/device.ts";
import { Choice } from "./Choice.tsx";

interface Props {
  device: Device;
  /** For screen readers. */
  say(status: string): void;
}

/** Why there are no notifications; null where there can be. */
const NO_NOTIFICATIONS: Record<Permission, string | null> = {
  granted: null,
  undecided: "You did not decide: the browser asks again when you switch it on.",
  denied: "The browser refuses them for this site. You can allow them in its settings for the site.",
  absent: "This browser has none for this page. On an iPhone, add the page to the home screen first.",
};

export function DeviceView({ device, say }: Props) {
  const [refused, setRefused] = useState<Permission>("granted");
  const settings = device.settings.value;
  const mod = /Mac|iPhone|iPad/.test(navigator.userAgent) ? "⌘" : "Ctrl";
  const row = <Name extends keyof DeviceSettings>(
    name: Name,
    label: string,
    options: readonly (readonly [DeviceSettings[Name], string])[],
    hint?: string,
  ) => (
    <Choice
      name={name}
      label={label}
      value={settings[name]}
      options={options}
      hint={hint}
      change={(value) => device.change(name, value)}
    />
  );
  const notify = async (value: DeviceSettings["notify"]) => {
    setRefused("granted");
    if (value === "off") return device.change("notify", "off");
    const given = await askPermission();
    setRefused(given);
    if (given === "granted") device.change("notify", "on");
    else say(NO_NOTIFICATIONS[given] ?? "");
  };
  return (
    <div class="scroll choices-page">
      <h3>Look</h3>
      {row("theme", "Theme", [["system", "System"], ["light", "Light"], ["dark", "Dark"]])}
      {row("textSize", "Text size", [
        ["small", "Small"],
        ["normal", "Normal"],
        ["large", "Large"],
        ["larger", "Larger"],
      ])}
      {row("density", "Density", [["comfortable", "Comfortable"], ["compact", "Compact"]])}
      {row("width", "Width of a conversation", [["normal", "Normal"], ["wide", "Wide"], ["full", "Full"]])}
      <h3>Answers</h3>
      {row("pace", "Words appear", [
        ["smooth", "Evenly"],
        ["raw", "As they arrive"],
        ["whole", "All at once"],
      ], "All at once: an answer is shown when it is complete.")}
      {row("follow", "Kept in view", [
        ["end", "Newest words"],
        ["question", "Question"],
        ["off", "Nothing"],
      ], "While an answer grows. Scrolling up always stops it.")}
      <Choice
        name="notify"
        label="Notifications"
        value={settings.notify}
        options={[["off", "Off"], ["on", "On"]]}
        hint="When an answer is complete and no tab of the page is looked at."
        refused={NO_NOTIFICATIONS[refused]}
        change={(value) => void notify(value)}
      />
      <h3>Keys and speech</h3>
      {row("sendKey", "Send with", [
        ["enter", "Enter"],
        ["mod-enter", `${mod}+Enter`],
      ], "The other key begins a new line.")}
      {row("shortcuts", "Keyboard shortcuts", [["on", "On"], ["off", "Off"]])}
      {row("announce", "Screen readers hear", [
        ["full", "The whole answer"],
        ["sentence", "Its first sentence"],
        ["completion", "That it ended"],
      ])}
    </div>
  );
}
