/** How two outcomes differ, to the byte and in order; a process is told by being the one that was started. */
import type { Outcome } from "../caller.ts";
import { told } from "../told.ts";

export function differencesInOrder(direct: Outcome, through: Outcome): string[] {
  const found: string[] = [];
  if (direct.ended !== through.ended) found.push(`ended: ${direct.ended}, now ${through.ended}`);
  for (const stream of ["stdout", "stderr"] as const) {
    const [was, is] = [comparable(direct, stream), comparable(through, stream)];
    if (was !== is) found.push(...wordsThatDiffer(stream, was, is));
  }
  return found;
}

// ---

const comparable = (outcome: Outcome, stream: "stdout" | "stderr"): string =>
  outcome[stream].toString("latin1").replaceAll(`\0pid=${outcome.pid}\0`, "\0pid=own\0");

function wordsThatDiffer(stream: string, was: string, is: string): string[] {
  const [old, now] = [was, is].map((text) => told(Buffer.from(text, "latin1"))) as [Told, Told];
  const found: string[] = [];
  for (const name of new Set([...old.keys(), ...now.keys()])) {
    const [before, after] = [old.get(name) ?? [], now.get(name) ?? []];
    if (before.join("\0") === after.join("\0")) continue;
    const lost = before.filter((word) => !after.includes(word));
    const gained = after.filter((word) => !before.includes(word));
    found.push(
      `${stream}: ${name}: ${before.length} words, lost ${shown(lost)}; now ${after.length}, gained ${shown(gained)}`,
    );
  }
  return found.length > 0 ? found : [`${stream}: ${shown(was)}, now ${shown(is)}`];
}

type Told = ReturnType<typeof told>;

const shown = (value: unknown): string => {
  const text = JSON.stringify(value);
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
};
