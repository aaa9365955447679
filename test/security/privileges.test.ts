/** Binaries that give who runs them rights keep doing so, and the wrapper gives none. */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { done, type Place, place, quick } from "../support/place.ts";
import { can } from "../support/private-host.ts";

const source = `#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>
#include <stdlib.h>
#include <unistd.h>
#include <sys/auxv.h>
int main(int argc, char **argv) {
  char line[256], caps[64] = "";
  FILE *status = fopen("/proc/self/status", "r");
  while (status && fgets(line, sizeof line, status)) sscanf(line, "CapEff: %63s", caps);
  printf("%d %d %s %lu %s\\n", (int)geteuid(), (int)getegid(), caps, getauxval(AT_SECURE), argc > 1 ? argv[1] : "");
  return 0;
}
`;
/** Notes with whose rights it was loaded. */
const preloaded = `#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
__attribute__((constructor)) static void loaded(void) {
  FILE *file = fopen(getenv("NOTES"), "a");
  if (file) { fprintf(file, "%d\\n", (int)geteuid()); fclose(file); }
}
`;

/** A program in the place of the binary that tells the rights that it runs with. */
async function teller(policy = `${quick}routes: []\n`): Promise<Place> {
  const at = await place({ policy: policy.replace("routes:\n  - name: pass\n", "") });
  for (const [name, text, ...options] of [
    ["bin/tool", source],
    ["home/preloaded.so", preloaded, "-shared", "-fPIC"],
  ] as const) {
    writeFileSync(join(at.folder, "source.c"), text);
    const built = spawnSync("gcc", [...options, "-o", join(at.folder, name), join(at.folder, "source.c")]);
    expect(built.stderr.toString()).toBe("");
  }
  return at;
}

const asNobody = (at: Place, words: string[]) => at.run(words, { as: "nobody" });

const gives = [
  ["setuid", "chown root:root bin/tool; chmod 4755 bin/tool", "the user root (setuid, mode 4755)", "0 65534"],
  [
    "setgid",
    "chown root:staff bin/tool; chmod 2755 bin/tool",
    "the group staff (setgid, mode 2755)",
    "65534 50",
  ],
  [
    "with capabilities",
    "/sbin/setcap cap_net_raw+ep bin/tool",
    "capabilities (cap_net_raw=ep)",
    "65534 65534",
  ],
] as const;

describe.skipIf(!can.beRoot)("a binary that is", () => {
  test.each(
    gives,
  )("%s gives the same through the wrapper and after it, and plan says so", async (_, line, said, ids) => {
    const at = await teller();
    await at.shell(line);
    const direct = done(await asNobody(at, [at.binary, "a"]));
    expect(direct.stdout).toMatch(new RegExp(`^${ids} [0-9a-f]+ 1 a\n$`));
    const capabilities = async (path: string) => (await at.shell(`/sbin/getcap ${path}`)).slice(path.length);
    const before = [statSync(at.binary), await capabilities(at.binary)] as const;

    expect(done(await at.tool(["plan", at.file])).stdout).toContain(said);
    done(await at.apply());
    for (const word of ["a", '"']) {
      const through = done(await asNobody(at, [at.binary, word]));
      expect(through.stdout).toBe(direct.stdout.replace("a\n", `${word}\n`));
    }
    const { ino, mode, uid, gid } = statSync(at.real);
    expect([ino, mode, uid, gid]).toEqual([before[0].ino, before[0].mode, before[0].uid, before[0].gid]);
    expect(await capabilities(at.real)).toBe(before[1]);
    expect(statSync(at.wrapper).mode & 0o7000).toBe(0);

    done(await at.rollback());
    expect(done(await asNobody(at, [at.binary, "a"])).stdout).toBe(direct.stdout);
    expect(statSync(at.binary).ino).toBe(before[0].ino);
    expect(await capabilities(at.binary)).toBe(before[1]);
  });

  test("setuid: what its caller loads into the wrapper runs with the caller's rights alone", async () => {
    const at = await teller();
    await at.shell("chmod 4755 bin/tool; mkdir -m 1777 notes");
    // The program has no loader that would load something for its caller.
    await at.shell(`echo "runtime: bash" >>${at.file}`);
    done(await at.apply());
    const notes = join(at.folder, "notes/loaded");
    const env = ["env", `LD_PRELOAD=${join(at.folder, "home/preloaded.so")}`, `NOTES=${notes}`];
    expect(done(await asNobody(at, [...env, at.binary, "a"])).stdout).toMatch(/^0 /);
    // So the wrapper is no boundary; and the loader drops it before the real binary's own code, as without a wrapper.
    expect(
      readFileSync(notes, "utf8")
        .trim()
        .split("\n")
        .filter((uid) => uid !== "65534"),
    ).toEqual([]);
    expect(existsSync(notes)).toBe(true);
  });

  test("setuid is that no longer once a repair has put a newer one in its place", async () => {
    const at = await teller();
    await at.shell("chmod 4755 bin/tool");
    done(await at.apply());
    const { ino } = statSync(at.real);
    await at.shell("cp bin/tool-real bin/new; chmod 4755 bin/new; mv -fT bin/new bin/tool");
    done(await at.tool(["repair", "small", "--yes"]));
    const older = `${at.real}.old-${ino}`;
    expect(statSync(at.real).mode & 0o7777).toBe(0o4755);
    expect([statSync(older).ino, statSync(older).mode & 0o7777]).toEqual([ino, 0o755]);
    expect(done(await asNobody(at, [at.binary, "a"])).stdout).toMatch(/^0 /);
    expect(done(await asNobody(at, [older, "a"])).stdout).toMatch(/^65534 /);
  });
});
