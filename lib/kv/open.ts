// The only place that opens KV.

/** `path`: a file, `:memory:`, the URL of a KV server, or undefined for the platform's own database. */
export async function openKv(path: string | undefined): Promise<Deno.Kv> {
  if (path !== undefined && path !== ":memory:" && !/^https?:\/\//.test(path)) {
    const folder = path.replace(/[^/\\]*$/, "");
    if (folder !== "") await Deno.mkdir(folder, { recursive: true });
  }
  return await Deno.openKv(path);
}
