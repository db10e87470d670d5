// Light or dark, as the person chose. The server reads the cookie, so that a page never flashes in the other one.

const YEAR_S = 365 * 24 * 3600;

/** Changes to the theme that is not shown now, and remembers it. */
export function toggleTheme(): void {
  const root = document.documentElement;
  const shown = root.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
  const theme = shown === "dark" ? "light" : "dark";
  root.dataset.theme = theme;
  document.cookie = `theme=${theme}; path=/; max-age=${YEAR_S}; samesite=lax`;
}
