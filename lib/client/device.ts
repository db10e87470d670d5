// The settings of this browser, as this tab knows them.
import { type Signal, signal } from "@preact/signals";
import {
  DEFAULTS,
  type DeviceSettings,
  readDevice,
  type SettingName,
  writeDevice,
} from "../protocol/device.ts";

export interface DevicePorts {
  /** The value of the cookie, or undefined. */
  read(): string | undefined;
  write(value: string): void;
  /** Whether the system prefers dark pages. */
  dark(): boolean;
  /** Has the page look like this. */
  mark(settings: DeviceSettings): void;
}

export class Device {
  readonly settings: Signal<DeviceSettings> = signal(DEFAULTS);
  readonly #ports: DevicePorts;

  constructor(ports: DevicePorts) {
    this.#ports = ports;
    this.settings.value = readDevice(ports.read());
  }

  change<Name extends SettingName>(name: Name, value: DeviceSettings[Name]): void {
    const settings = { ...readDevice(this.#ports.read()), [name]: value };
    this.#ports.write(writeDevice(settings));
    this.#show(settings);
  }

  /** From light to dark, or back. */
  turn(): void {
    const { theme } = this.settings.peek();
    const dark = theme === "system" ? this.#ports.dark() : theme === "dark";
    this.change("theme", dark ? "light" : "dark");
  }

  /** The sidebar beside the conversation, away or back. */
  fold(): void {
    this.change("sidebar", this.settings.peek().sidebar === "shown" ? "hidden" : "shown");
  }

  /** Another tab may have changed them while this one was not looked at. */
  again(): void {
    const settings = readDevice(this.#ports.read());
    if (writeDevice(settings) !== writeDevice(this.settings.peek())) this.#show(settings);
  }

  /** Marks the page by them: one that the browser had kept knows what they were then. */
  remark(): void {
    this.#show(readDevice(this.#ports.read()));
  }

  #show(settings: DeviceSettings): void {
    this.settings.value = settings;
    this.#ports.mark(settings);
  }
}
