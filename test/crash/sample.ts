/** How many of the cuts are tried: `CRASH_EVERY=1` takes each. */
const asked = process.env.CRASH_EVERY;

/**
 * @param long whether a run is long, as those are which try the binary; most of its cuts are among what it printed
 * @returns of the cuts, each so many-th is tried
 */
export function everyCut(long: boolean): number {
  if (asked) return Number(asked);
  if (process.env.CI) return long ? 2 : 1;
  return long ? 8 : 4;
}
