// Content encodings: which one a client wants.

export type Encoding = "br" | "gzip" | "identity";

/** What we would rather send, where the client does not mind. */
const PREFERENCE: Encoding[] = ["br", "gzip", "identity"];
/** More entries than any client sends; the rest is ignored. */
const ENTRIES_MAX = 16;

/** The best of the encodings there are, by the client's Accept-Encoding (RFC 9110, 12.5.3). */
export function preferred(accept: string | null, available: { has(encoding: Encoding): boolean }): Encoding {
  if (accept === null) return "identity";
  const weights = parse(accept);
  let best: Encoding = "identity";
  let bestWeight = -1;
  for (const encoding of PREFERENCE) {
    // Not named: identity stays acceptable unless "*" says otherwise.
    const weight = weights.get(encoding) ?? weights.get("*") ?? (encoding === "identity" ? 0.001 : 0);
    if (available.has(encoding) && weight > 0 && weight > bestWeight) [best, bestWeight] = [encoding, weight];
  }
  return best;
}

function parse(accept: string): Map<string, number> {
  const weights = new Map<string, number>();
  for (const entry of accept.toLowerCase().split(",", ENTRIES_MAX)) {
    const [name = "", ...parameters] = entry.split(";").map((part) => part.trim());
    const q = parameters.find((parameter) => parameter.startsWith("q="));
    const weight = q === undefined ? 1 : Number(q.slice(2));
    if (name !== "") weights.set(name === "x-gzip" ? "gzip" : name, weight >= 0 && weight <= 1 ? weight : 0);
  }
  return weights;
}
