// The bare relay that the app is measured against: it passes the provider's stream through and keeps nothing.
//   deno run -A bench/relay.ts <provider url>
// Prints its own address on one line.

if (import.meta.main) {
  const [upstream] = Deno.args;
  if (upstream === undefined) throw new Error("Usage: bench/relay.ts <provider url>");
  Deno.serve({
    hostname: "127.0.0.1",
    port: 0,
    onListen: ({ port }) => console.log(`http://127.0.0.1:${port}`),
  }, async (request) => {
    const response = await fetch(`${upstream}/chat/completions`, { method: "POST", body: request.body });
    return new Response(response.body, { headers: { "content-type": "text/event-stream" } });
  });
}
