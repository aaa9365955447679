/** What an exported script does where somebody, or something, is against it. */
import { writeFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { canOverlay, type OverlayHost, openOverlay } from "../support/overlay-host.ts";

const binary = "/opt/greet/greet";
const file = "/tmp/polite.yaml";
const policy = (more: string) =>
  `name: polite\nbinary: ${binary}\nruntime: bash\nprobe: [--version]\n${more}\n`;
const polite = policy("always: { append: [please] }");

describe.skipIf(!canOverlay)("an exported script", { timeout: 120_000 }, () => {
  let host: OverlayHost;
  beforeEach(async () => {
    host = await openOverlay();
    await host.shell(
      `mkdir -p /opt/greet; printf '#!/bin/sh\\necho hello "$@"\\n' >${binary}; chmod 755 ${binary}`,
    );
    await exported(polite);
  });
  afterEach(() => host.close());

  const exported = async (text: string) => {
    writeFileSync(host.inside(file), text);
    await host.shell("rm -f /tmp/polite.sh");
    expect(await host.interpose("export", "sh", file, "-o", "/tmp/polite.sh")).toMatchObject({ status: 0 });
  };
  const done = async (words: string) => {
    const ran = await host.run(`sh /tmp/polite.sh ${words}`);
    expect(ran, words).toMatchObject({ status: 0, stderr: "" });
    return ran.stdout;
  };
  /** With the same words as this tool. */
  const refused = async () => {
    const planned = await host.interpose("apply", file, "--yes", "--json");
    const { findings } = JSON.parse(planned.stdout) as { findings: { what: string; todo: string }[] };
    const ran = await host.run("sh /tmp/polite.sh apply");
    const said = findings.map(({ what, todo }) => `${what}\n${todo}\n`).join("");
    expect.soft({ status: ran.status, said: ran.stdout + ran.stderr }).toEqual({
      status: planned.status,
      said,
    });
    expect.soft(findings).not.toEqual([]);
  };

  test.each([
    ["dash"],
    ["bash"],
    ["busybox sh"],
  ])("of %s isn't stopped by a process with a name of several lines", async (shell) => {
    await host.shell("sed '$d' /tmp/polite.sh >/tmp/parts.sh");
    const named = `printf 'a\\nb) R *' >/proc/$$/comm; exec 3<&-; ${shell} -c '. /tmp/parts.sh
take_ticks "$PPID" && find_start "$PPID" && echo "known: $start"'; :`;
    writeFileSync(host.inside("/tmp/named.sh"), named);
    expect(await host.shell("sh /tmp/named.sh")).toMatch(/^known: \d+\n$/);
  });

  test.each([
    ["another policy", policy("always: { append: [pretty, please] }")],
    ["the same policy", polite],
  ])("of %s has the same gates where it is in place already", async (_, text) => {
    await done("apply");
    await exported(text);
    for (const [spoil, mend] of [
      ["chmod 777 /opt/greet", "chmod 755 /opt/greet"],
      ["chown nobody /opt", "chown root /opt"],
      ["chmod 777 /tmp/interpose-0", "chmod 700 /tmp/interpose-0"],
      ["mv /usr/bin/bash /usr/bin/bash.away", "mv /usr/bin/bash.away /usr/bin/bash"],
    ] as const) {
      await host.shell(spoil);
      await refused();
      await host.shell(mend);
    }
    await done("apply");
    await done("rollback");
  });

  test("wants what its policy asks for, also over another policy", async () => {
    await done("apply");
    await host.shell("rm -f /usr/bin/ffprobe /usr/local/bin/ffprobe");
    await exported(
      policy(
        "facts: { length: { mediaDuration: operand(0) } }\nroutes: [{ name: long, when: 'length > duration(\"3s\")', append: [x] }, { name: pass }]",
      ),
    );
    await refused();
  });

  test("keeps no state where others decide what is there", async () => {
    await host.shell("chown -R nobody /opt/greet; mkdir -m 0777 /opt/shared; chmod 777 /opt/shared");
    for (const home of ["XDG_STATE_HOME=/opt/shared", "XDG_STATE_HOME=/opt/shared/deep/er", "HOME=/tmp"])
      expect
        .soft(await host.run(`setpriv --reuid nobody --clear-groups env ${home} sh /tmp/polite.sh apply`))
        .toMatchObject({ status: 1, stderr: expect.stringMatching(/\/opt\/shared|\/tmp/) });
    expect(await host.shell("ls -A /opt/shared /tmp/.local 2>/dev/null || true")).toBe("/opt/shared:\n");
    expect(
      await host.run(
        "HOME=no/where timeout 20 setpriv --reuid nobody --clear-groups sh /tmp/polite.sh apply",
      ),
    ).toMatchObject({ status: 3, stderr: expect.stringContaining("/") });
  });

  test("takes the link to a script of an earlier policy away, or gives it back", async () => {
    await host.shell(
      `printf '#!/bin/sh\\nexec ${binary}-real "$@" by script\\n' >/opt/greet/mine; chmod 755 /opt/greet/mine`,
    );
    const scripted = policy("script: /opt/greet/mine\nkeepName: yes");
    const before = await host.shell("ls -A /opt/greet");
    const call = () => host.shell(`${binary} a`);
    for (const keepName of ["no", "yes"]) {
      const plain = `${polite}keepName: "${keepName}"\n`;
      await exported(scripted);
      await done("apply");
      expect(await call()).toBe("hello a by script\n");
      await exported(plain);
      await host.shell(
        "cp /tmp/polite.sh /tmp/whole.sh; sed -i 's/^gate_test() {/&\\n\\treturn 1/' /tmp/polite.sh",
      );
      expect((await host.run("sh /tmp/polite.sh apply")).status).toBe(1);
      expect(await call()).toBe("hello a by script\n");
      expect(await host.shell("readlink /opt/greet/.polite.name/greet")).toBe("/opt/greet/mine\n");
      await host.shell("mv /tmp/whole.sh /tmp/polite.sh");
      await done("apply");
      expect(await call()).toBe("hello a please\n");
      await exported(scripted);
      await done("apply");
      await exported(plain);
      await done("rollback");
      expect(await host.shell("ls -A /opt/greet")).toBe(before);
    }
  });

  test("shows names with control characters and tabs as one word, and harmless", async () => {
    const folder = "/opt/$(printf 'a\\tb\\033[2J\\nc')";
    await host.shell(
      `mkdir "${folder}"; mv ${binary} "${folder}/greet"; ln -s "${folder}/greet" ${binary}; chown nobody "${folder}"`,
    );
    const { status, stderr } = await host.run("sh /tmp/polite.sh apply");
    expect(status).toBe(1);
    expect(stderr).toContain("/opt/a?b?[2J c belongs to nobody");
    expect(stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
  });

  test("says what to do about what it finds broken", async () => {
    await done("apply");
    const verify = () => host.run("sh /tmp/polite.sh verify");
    await host.shell("mv /opt/greet/polite /opt/greet/away");
    expect(await verify()).toMatchObject({ status: 1, stderr: "To put it right: sh /tmp/polite.sh apply\n" });
    await done("apply");
    await host.shell("echo '# more' >>/opt/greet/polite");
    expect(await verify()).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/^\/opt\/greet\/polite was changed by hand.*\n.+\n$/),
    });
  });

  test("keeps no copy of what its file became meanwhile", async () => {
    await host.shell("cp /tmp/polite.sh /tmp/whole.sh");
    for (const change of ["head -n 50", "sed s/^hash=./hash=x/"]) {
      await host.shell(
        `sed '/^prepare_apply() {/a ${change} /tmp/whole.sh >/tmp/polite.sh' /tmp/whole.sh >/tmp/polite.sh`,
      );
      expect(await host.run("sh /tmp/polite.sh apply")).toMatchObject({
        status: 1,
        stderr: expect.stringContaining("/tmp/polite.sh was replaced meanwhile"),
      });
      expect(await host.shell("ls -A /opt/greet; ls -A /var/lib | grep interpose || true")).toBe("greet\n");
    }
  });

  test("knows a machine with busybox alone", async () => {
    await host.shell(
      `cp /bin/true ${binary}; printf '\\267\\000' | dd of=${binary} bs=1 seek=18 conv=notrunc status=none
mkdir /opt/box; busybox --install -s /opt/box; mv /usr/bin/cut /usr/bin/cut.away; ln -s /usr/bin/busybox /usr/bin/cut`,
    );
    expect(
      await host.run("/usr/bin/env PATH=/opt/box /usr/bin/busybox sh /tmp/polite.sh apply --check"),
    ).toMatchObject({
      status: 3,
      stderr: expect.stringMatching(/^[^\n]*ARM of 64 bits/),
    });
  });
});
