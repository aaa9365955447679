import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Caller, openCaller } from "./support/caller.ts";
import { type Ask, halves, type Installation, install } from "./support/installation.ts";
import { kinds } from "./support/kinds.ts";
import { differences, told } from "./support/told.ts";

const caller: Caller = await openCaller();
const installations = new Map<string, Installation>();
for (const kind of kinds) installations.set(kind.file, install(caller, kind));
afterAll(() => caller.close());

test("x", async () => {
  for (const i of installations.values()) {
    const ask = {
      words: ["a", "b c"],
      environment: ["PATH=/usr/bin:/bin", "PWD=/", "SHLVL=3", "_=/x/y", "HOME=/"],
      steps: [["cwd", "/"]],
    } as Ask;
    const d = await i.direct(ask);
    console.log(i.kind.title, d.ended, d.stderr.toString(), told(d.stdout));
    for (const h of ["first", ...halves] as const) {
      const t = Date.now();
      const o = await i.through(h, ask);
      console.log(h, differences(d, o), Date.now() - t);
    }
  }
});
