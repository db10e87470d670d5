/** Terminal styles, silent where the user asked for none. */
const styled = (open: number, close: number) => (text: string) =>
  Deno.noColor ? text : `\x1b[${open}m${text}\x1b[${close}m`;

export const bold = styled(1, 22);
export const red = styled(31, 39);
export const green = styled(32, 39);
export const gray = styled(90, 39);
