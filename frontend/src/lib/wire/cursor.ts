/** Places in a feed: `milliseconds-number`, compared number by number (as text, "9-0" would stand after "10-0"). */

export function earlierCursor(a: string | null, b: string | null): string | null {
  if (a === null || b === null) return a ?? b;
  return compareCursors(a, b) <= 0 ? a : b;
}

export function compareCursors(a: string, b: string): number {
  const [a_ms = 0n, a_number = 0n] = a.split("-").map(BigInt);
  const [b_ms = 0n, b_number = 0n] = b.split("-").map(BigInt);
  if (a_ms !== b_ms) return a_ms < b_ms ? -1 : 1;
  if (a_number !== b_number) return a_number < b_number ? -1 : 1;
  return 0;
}
