// The document around every page.
import { asset } from "fresh/runtime";
import { define } from "../lib/http/define.ts";

export default define.page(({ Component, state }) => (
  <html lang="en" data-theme={state.theme}>
    <head>
      <meta charset="utf-8" />
      <meta
        name="viewport"
        content="width=device-width, initial-scale=1, viewport-fit=cover, interactive-widget=resizes-content"
      />
      <meta name="color-scheme" content="light dark" />
      <meta name="description" content="A streaming AI chat whose answers outlive the tab that asked." />
      <title>Throughline</title>
      <link rel="icon" href={asset("/favicon.svg")} type="image/svg+xml" />
      <link rel="stylesheet" href={asset("/styles.css")} />
      <link rel="stylesheet" href={asset("/markdown.css")} />
    </head>
    <body>
      <Component />
    </body>
  </html>
));
