/** What is done and expected after a run on another host was cut off. */
import { lstatSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { Fleet, FleetHost } from "./fleet.ts";
import { listing } from "./listing.ts";

/** The next run; the one before may still be at work on its own. */
export async function finish(
  fleet: Fleet,
  words: string[],
  where: string,
  problems: string[],
): Promise<void> {
  for (let tries = 0; tries < 60; tries++) {
    const next = await fleet.interpose(words);
    if (next.status === 0 || (words[0] === "rollback" && /is intercepted here/.test(next.stderr))) return;
    if (!/another run|changed by another run/i.test(next.stderr)) {
      problems.push(`${where}: the next run ended with ${next.status}: ${next.stdout}${next.stderr}`);
      return;
    }
    await sleep(500);
  }
  problems.push(`${where}: it stays locked`);
}

/** Everything that an interception of a binary in /opt/greet has on a host. */
export const placeOf = (host: FleetHost): string =>
  ["/opt/greet", "/var/lib/interpose", "/tmp"]
    .filter((folder) => lstatSync(host.inside(folder), { throwIfNoEntry: false }))
    .map((folder) => listing(host.inside(folder), { times: "content", without: [] }))
    .join("\n");
