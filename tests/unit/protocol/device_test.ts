// The settings of a browser, in its cookie.
import { assert, assertEquals } from "@std/assert";
import {
  CHOICES,
  DEFAULTS,
  type DeviceSettings,
  readDevice,
  rootAttributes,
  writeDevice,
} from "../../../lib/protocol/device.ts";

Deno.test("V1: every choice of every setting survives its cookie, and needs no escaping there", () => {
  for (const [name, choices] of Object.entries(CHOICES)) {
    for (const choice of choices) {
      const settings = { ...DEFAULTS, [name]: choice } as DeviceSettings;
      const value = writeDevice(settings);
      assertEquals(readDevice(value), settings);
      assert(/^[\w=&-]*$/.test(value), value);
    }
  }
});

Deno.test("V1: what a cookie says that nobody could have set is as if not set", () => {
  for (
    const value of [undefined, "", "theme=pink", "colour=dark", "theme", "%%%", "theme=dark%00", "=&=&;"]
  ) {
    assertEquals(readDevice(value), DEFAULTS, String(value));
  }
  assertEquals(readDevice("theme=pink&theme=dark&sendKey=mod-enter").sendKey, "mod-enter");
});

Deno.test("the root element says nothing of what is as it was", () => {
  assertEquals(Object.values(rootAttributes(DEFAULTS)).filter((value) => value !== undefined), []);
  assertEquals(rootAttributes({ ...DEFAULTS, theme: "dark" })["data-theme"], "dark");
});
