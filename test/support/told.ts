/** What a probe told, and how two outcomes differ. */
import type { Outcome } from "./caller.ts";

/** The words of a probe's stdout by name, each list in the order told. */
export function told(stdout: Buffer): Map<string, string[]> {
  const words = new Map<string, string[]>();
  for (const word of stdout.toString("latin1").split("\0").slice(0, -1)) {
    const at = word.indexOf("=");
    const name = word.slice(0, at);
    const list = words.get(name) ?? [];
    if (list.length === 0) words.set(name, list);
    list.push(word.slice(at + 1));
  }
  return words;
}

/**
 * How what came through a wrapper differs from what came directly; nothing when a caller couldn't tell.
 * The order of the environment is not looked at, and a process is told by being the one that was started.
 */
export function differences(direct: Outcome, through: Outcome): string[] {
  const found: string[] = [];
  if (direct.ended !== through.ended) found.push(`ended: ${direct.ended}, now ${through.ended}`);
  if (!direct.stderr.equals(through.stderr))
    found.push(`stderr: ${shown(direct.stderr)}, now ${shown(through.stderr)}`);
  const before = comparable(direct);
  const after = comparable(through);
  if (before.equals(after)) return found;
  const [old, now] = [told(before), told(after)];
  for (const name of new Set([...old.keys(), ...now.keys()])) {
    const [was, is] = [old.get(name) ?? [], now.get(name) ?? []];
    if (was.join("\0") === is.join("\0")) continue;
    const lost = was.filter((word) => !is.includes(word));
    const gained = is.filter((word) => !was.includes(word));
    found.push(
      `${name}: ${was.length} words, lost ${shown(lost)}; now ${is.length}, gained ${shown(gained)}`,
    );
  }
  if (found.length === 0) found.push(`stdout: ${shown(direct.stdout)}, now ${shown(through.stdout)}`);
  return found;
}

// ---

/** The pid as whether it is the one that was started, the environment sorted. */
function comparable({ stdout, pid }: Outcome): Buffer {
  const text = stdout.toString("latin1");
  if (!text.includes("\0")) return stdout;
  const words = text.split("\0");
  const place = words.findIndex((word) => word.startsWith("environment="));
  const environment = words.filter((word) => word.startsWith("environment=")).sort();
  const rest = words.filter((word) => !word.startsWith("environment="));
  if (place >= 0) rest.splice(place, 0, ...environment);
  return Buffer.from(
    rest
      .map((word) => (word.startsWith("pid=") ? `pid=${word === `pid=${pid}` ? "own" : word}` : word))
      .join("\0"),
    "latin1",
  );
}

const shown = (value: Buffer | string[]): string => {
  const text = JSON.stringify(Buffer.isBuffer(value) ? value.toString("latin1") : value);
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
};
