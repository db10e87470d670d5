// A look at everything that is stored.

/** A test's store has some hundreds of rows. */
const ROWS_MAX = 100_000;

/** Every key and value as one text; bytes as the text they may hold. */
export async function everythingIn(kv: Deno.Kv): Promise<string> {
  const rows: string[] = [];
  for await (const { key, value } of kv.list({ prefix: [] }, { batchSize: 500 })) {
    if (rows.length >= ROWS_MAX) throw new Error(`More than ${ROWS_MAX} rows`);
    rows.push(`${JSON.stringify(key)} ${JSON.stringify(value, shown)}`);
  }
  return rows.join("\n");
}

function shown(_name: string, value: unknown): unknown {
  if (typeof value === "bigint") return `${value}n`;
  return value instanceof Uint8Array ? new TextDecoder().decode(value) : value;
}
