// How a browser shows the page and what its keys do, as the person set it there.
//   V1  It is one cookie, so that the server's first paint is right already; what it does not know is as if not set.

/** Each setting and what it can be; the first is what it is unless somebody chose. */
export const CHOICES = {
  theme: ["system", "light", "dark"],
  textSize: ["normal", "small", "large", "larger"],
  density: ["comfortable", "compact"],
  /** Of the lines of a conversation. */
  width: ["normal", "wide", "full"],
  /** What sends: Enter, or Enter with Ctrl or Cmd. The other begins a line. */
  sendKey: ["enter", "mod-enter"],
  /** How an answer appears: evenly, as it arrives, or when it is whole. */
  pace: ["smooth", "raw", "whole"],
  /** What stays in view while an answer grows: its end, the question above it, or whatever the reader looks at. */
  follow: ["end", "question", "off"],
  /** What a screen reader is told of an answer that has ended. */
  announce: ["full", "sentence", "completion"],
  /** Whether a hidden tab tells that an answer is complete, beyond its title. */
  notify: ["off", "on"],
  shortcuts: ["on", "off"],
  /** Where there is room for it beside the conversation. */
  sidebar: ["shown", "hidden"],
} as const;

export type DeviceSettings = { -readonly [name in keyof typeof CHOICES]: typeof CHOICES[name][number] };
export type SettingName = keyof DeviceSettings;

export const DEVICE_COOKIE = "device";

export const DEFAULTS: DeviceSettings = readDevice(undefined);

/** The settings that a cookie's value tells of; as many of the defaults as it does not. */
export function readDevice(value: string | undefined): DeviceSettings {
  const told = new URLSearchParams(value);
  const read = Object.entries(CHOICES).map(([name, choices]) => {
    const choice = told.get(name) ?? "";
    return [name, (choices as readonly string[]).includes(choice) ? choice : choices[0]];
  });
  return Object.fromEntries(read) as DeviceSettings;
}

/** The cookie's value; empty when all is as it was. Its characters need no escaping in a cookie. */
export function writeDevice(settings: DeviceSettings): string {
  const set = Object.entries(settings).filter(([name, value]) => value !== CHOICES[name as SettingName][0]);
  return new URLSearchParams(set).toString();
}

/** What the root element says of them: the style sheets read it. Undefined is left out. */
export function rootAttributes({ theme, textSize, density, width, sidebar }: DeviceSettings) {
  return {
    "data-theme": theme === "system" ? undefined : theme,
    "data-text": textSize === "normal" ? undefined : textSize,
    "data-density": density === "comfortable" ? undefined : density,
    "data-width": width === "normal" ? undefined : width,
    "data-sidebar": sidebar === "shown" ? undefined : sidebar,
  };
}

/** The ground of the page, as `--paper` of the style sheets has it: what surrounds the page takes its colour. */
const PAPER = { light: "#fbfaf7", dark: "#191816" } as const;

/** The colours of the browser's own frame, one for each scheme, and when each holds. */
export function themeColors({ theme }: Pick<DeviceSettings, "theme">) {
  return (["light", "dark"] as const).map((scheme) => ({
    content: PAPER[scheme],
    media: theme === "system" ? `(prefers-color-scheme: ${scheme})` : theme === scheme ? "all" : "not all",
  }));
}
