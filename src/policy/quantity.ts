const units: Record<string, bigint> = {
  "": 1n,
  k: 10n ** 3n,
  M: 10n ** 6n,
  G: 10n ** 9n,
  T: 10n ** 12n,
  P: 10n ** 15n,
  E: 10n ** 18n,
  Ki: 2n ** 10n,
  Mi: 2n ** 20n,
  Gi: 2n ** 30n,
  Ti: 2n ** 40n,
  Pi: 2n ** 50n,
  Ei: 2n ** 60n,
};

/**
 * Bytes in a quantity as Kubernetes writes them: `512Ki`, `1.5G`, `1000`.
 * Nothing when it is not of that form or not a whole number.
 */
export function parseQuantity(written: string): bigint | undefined {
  const match = /^(\d+)(?:\.(\d+))?([kMGTPE]i?|Ki|)$/.exec(written);
  const unit = units[match?.[3] ?? "?"];
  if (!match || unit === undefined) return undefined;
  const fraction = match[2] ?? "";
  const scaled = BigInt(`${match[1]}${fraction}`) * unit;
  const divisor = 10n ** BigInt(fraction.length);
  return scaled % divisor === 0n ? scaled / divisor : undefined;
}
