/** The bash that runs wrappers is gone, or another: each trouble in a mount namespace of the test's own. */
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { type Patient, patient } from "../support/patient.ts";
import { quick } from "../support/place.ts";
import { can } from "../support/private-host.ts";
import { script } from "../support/small-binaries.ts";

describe.skipIf(!can.beRoot)("/bin/bash", () => {
  let at: Patient;
  beforeAll(async () => {
    at = await patient({ policy: `${quick}runtime: bash\n` });
    await at.shell("cp /bin/bash real-bash; cp /bin/dash real-dash; chmod 755 real-bash real-dash");
  });
  /** Stands in for /bin/bash until the advice, to put the system's back, is followed. */
  const instead = async (file: string, ...codes: string[]) => {
    await at.shell(`mount --bind ${file} /bin/bash`);
    const said = await at.found(...codes);
    await at.shell("umount /bin/bash");
    return said;
  };

  test("may not be run", async () => {
    await at.shell("cp real-bash refused; chmod 644 refused");
    expect((await instead("refused", "bash-does-not-run")).shown).toContain("Permission denied");
  });

  test("is another shell", async () => {
    const said = await instead("real-dash", "not-bash");
    expect(said.shown).toContain("says: /bin/bash: 0: Illegal option --");
  });

  test("is too old", async () => {
    script(join(at.folder, "old"), "#!/bin/dash\necho '4.3.48(1)-release'\n");
    expect((await instead("old", "old-bash")).shown).toContain("/bin/bash is version 4.3.48(1)-release");
  });

  test("loses words", async () => {
    // As somebody may write it who wants bash to be intercepted: empty words are lost.
    script(
      join(at.folder, "careless"),
      `#!/bin/dash\nif [ "$1" = --norc ]; then shift; fi\nfor word; do shift; [ -z "$word" ] || set -- "$@" "$word"; done\nexec ${at.folder}/real-bash "$@"\n`,
    );
    const said = await instead("careless", "words-lost");
    expect(said.shown).toContain('"" became [" ","two  words"');
  });

  test("is not there", async () => {
    await at.shell(
      "mkdir .host/usr .host/work; mount -t overlay -o lowerdir=/usr/bin,upperdir=.host/usr,workdir=.host/work overlay /usr/bin; rm /usr/bin/bash",
    );
    expect((await at.call("a")).status).not.toBe(0);
    await at.found("no-bash");
    await at.shell("umount -l /usr/bin");
  });

  test("is healthy again", () => at.healthy());
});
