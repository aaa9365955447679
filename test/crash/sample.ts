/** How many of the cuts are tried: `CRASH_EVERY=1` takes each. */
const asked = process.env.CRASH_EVERY;

/** Of the cuts, each so many-th is tried; where the tests have to prove all, each. */
export const everyCut = Number(asked ?? (process.env.CI ? 1 : 8));
