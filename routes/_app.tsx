// The document around every page.
import { asset } from "fresh/runtime";
import { define } from "../lib/http/define.ts";
import { rootAttributes, themeColors } from "../lib/protocol/device.ts";

/** In the order of their say. */
const STYLES = [
  "tokens",
  "frame",
  "sidebar",
  "conversation",
  "composer",
  "dialogs",
  "markdown",
  "adaptive",
];

export default define.page(({ Component, state }) => (
  <html lang="en" {...rootAttributes(state.device)}>
    <head>
      <meta charset="utf-8" />
      <meta
        name="viewport"
        content="width=device-width, initial-scale=1, viewport-fit=cover, interactive-widget=resizes-content"
      />
      {/* Before the first style sheet is here, too. */}
      <meta
        name="color-scheme"
        content={state.device.theme === "system" ? "light dark" : state.device.theme}
      />
      {themeColors(state.device).map((color) => <meta key={color.content} name="theme-color" {...color} />)}
      <meta name="description" content="A streaming AI chat whose answers outlive the tab that asked." />
      <title>Throughline</title>
      <link rel="icon" href={asset("/favicon.svg")} type="image/svg+xml" />
      <link rel="apple-touch-icon" href={asset("/icons/apple-touch.png")} />
      <link rel="manifest" href="/manifest.webmanifest" />
      <meta name="apple-mobile-web-app-title" content="Throughline" />
      {STYLES.map((name) => <link key={name} rel="stylesheet" href={asset(`/${name}.css`)} />)}
    </head>
    <body>
      <Component />
    </body>
  </html>
));
