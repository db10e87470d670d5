// Which addresses a model may make a person click.

const SCHEMES = new Set(["http:", "https:", "mailto:"]);

/** The address, if it is absolute and of a harmless scheme. The URL parser decides, as it will when it is clicked. */
export function safeUrl(href: string): URL | null {
  const url = URL.canParse(href) ? new URL(href) : null;
  return url !== null && SCHEMES.has(url.protocol) ? url : null;
}
