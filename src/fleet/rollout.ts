/** In which order hosts are changed, and when to stop. */
import type { Rollout } from "../spec/spec.ts";

/** Pure. */
export function wavesOf<Item>(items: Item[], { canary, wave }: Pick<Rollout, "canary" | "wave">): Item[][] {
  const waves = canary > 0 && items.length > canary ? [items.slice(0, canary)] : [];
  for (let from = waves.length > 0 ? canary : 0; from < items.length; from += wave)
    waves.push(items.slice(from, from + wave));
  return waves;
}

/**
 * Works on one wave after the other, on all of a wave at once.
 * @param work whether it went well
 * @returns those that it was not begun on
 */
export async function roll<Item>(
  waves: Item[][],
  work: (item: Item) => Promise<boolean>,
  stopAfter: number,
): Promise<Item[]> {
  let failed = 0;
  for (const [index, wave] of waves.entries()) {
    if (failed >= stopAfter) return waves.slice(index).flat();
    // None is left at work when one of them throws.
    const went = await Promise.allSettled(wave.map(work));
    for (const one of went) if (one.status === "rejected") throw one.reason;
    failed += went.filter((one) => one.status === "fulfilled" && !one.value).length;
  }
  return [];
}
