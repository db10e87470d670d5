/** Does `once` for 0 to `count` - 1, at most `atOnce` at a time; the results in their order. */
export async function each<T>(count: number, atOnce: number, once: (i: number) => Promise<T>): Promise<T[]> {
  const results = new Array<T>(count);
  let next = 0;
  const worker = async () => {
    while (next < count) {
      const i = next++;
      results[i] = await once(i);
    }
  };
  await Promise.all(Array.from({ length: Math.min(count, atOnce) }, worker));
  return results;
}
