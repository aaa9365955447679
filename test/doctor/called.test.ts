/** Troubles by which calls go past the wrapper: each is made for real, found, and cured as the advice says. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { elf, ownEtc, patient } from "../support/patient.ts";
import { done, quick, says } from "../support/place.ts";
import { can } from "../support/private-host.ts";
import { script } from "../support/small-binaries.ts";

/** Another program of the name, in a folder of its own. */
function another(folder: string): void {
  mkdirSync(join(folder, "front"));
  script(join(folder, "front/tool"), "#!/bin/sh\necho another\n");
}

describe.skipIf(!can.beRoot)("another program of the name comes first", () => {
  test("for logins, services, this shell, sudo and a job of cron's", async () => {
    const at = await patient({ prepare: ownEtc });
    const { folder } = at;
    another(folder);
    await at.shell(`echo 'PATH=${folder}/front:${folder}/bin:/usr/bin:/bin' >>/etc/profile`);
    const login = await at.found("shadowed");
    expect(login.shown).toContain(`login shells find ${folder}/front/tool (a script) before ${at.binary}`);
    await at.shell(`echo 'PATH=${folder}/bin:${folder}/front:/usr/bin:/bin' >>/etc/profile`);

    await at.shell(
      `mkdir -p /etc/sudoers.d; echo 'Defaults secure_path="${folder}/front:${folder}/bin"' >/etc/sudoers.d/one`,
    );
    expect((await at.found("shadowed")).shown).toContain("calls by sudo find");
    await at.shell("rm /etc/sudoers.d/one");

    // Cron's own PATH doesn't even have the binary's folder.
    await at.shell(
      `printf 'PATH=${folder}/front:/usr/bin:/bin\n# tool-like\n0 * * * * root true\n' >/etc/cron.d/job`,
    );
    await at.healthy();
    await at.shell("echo '0 1 * * * root nice tool --daily' >>/etc/cron.d/job");
    expect((await at.found("shadowed")).shown).toContain("the jobs of /etc/cron.d/job find");
    await at.shell(`sed -i 's|^PATH=|&${folder}/bin:|' /etc/cron.d/job`);

    // Under the names of folders that every PATH has.
    await at.shell("mount --bind front /usr/local/sbin; mount --bind bin /usr/local/bin");
    const env = { PATH: "/usr/local/sbin:/usr/local/bin:/usr/bin:/bin" };
    const said = await at.doctor({ env });
    expect(said.codes, said.shown).toEqual(["shadowed"]);
    expect(said.shown).toContain("systemd's services, this shell find /usr/local/sbin/tool");
    await at.shell("umount /usr/local/sbin");
    expect((await at.doctor({ env })).codes).toEqual([]);
  });

  test("which is told apart: a shim, a link of update-alternatives, a command of npm's", async () => {
    const at = await patient({ prepare: ownEtc });
    const { folder } = at;
    const env = { PATH: `${folder}/front:${folder}/bin:${process.env.PATH}` };
    await at.shell("mkdir -p front modules/node_modules/tools/bin /etc/alternatives");
    script(
      join(folder, "front/tool"),
      `#!/usr/bin/env bash\nset -e\nprogram="\${0##*/}"\nexport PYENV_ROOT="${folder}/pyenv"\nexec "${folder}/pyenv/libexec/pyenv" exec "$program" "$@"\n`,
    );
    const shown = async () => {
      const said = await at.doctor({ env });
      expect(said.codes, said.shown).toEqual(["shadowed"]);
      return said.shown;
    };
    expect(await shown()).toContain(`this shell find ${folder}/front/tool (a shim of pyenv)`);
    await at.shell(
      "mv front/tool modules/other; ln -s $PWD/modules/other /etc/alternatives/tool; ln -s /etc/alternatives/tool front/tool",
    );
    expect(await shown()).toContain("(a link of update-alternatives (tool) to ");
    await at.shell(
      'echo \'{"name":"tools"}\' >modules/node_modules/tools/package.json; cp modules/other modules/node_modules/tools/bin/tool; ln -sfn ../modules/node_modules/tools/bin/tool front/tool',
    );
    expect(await shown()).toContain("(a command of the npm package tools)");
    await at.shell("rm front/tool");
    expect((await at.doctor({ env })).codes).toEqual([]);
  });

  test("and shells that have called it go on with it until hash -r", async () => {
    const at = await patient();
    another(at.folder);
    const env = { PATH: `${at.folder}/front:${at.folder}/bin:${process.env.PATH}` };
    const [program = "", ...words] = at.enter(["env", `PATH=${env.PATH}`, "bash", "--norc"]);
    const shell = spawn(program, words, { stdio: ["pipe", "pipe", "pipe"] });
    const answer = async (command: string) => {
      shell.stdin.write(`${command} 2>&1; echo end\n`);
      let text = "";
      while (!text.endsWith("end\n")) text += String((await once(shell.stdout, "data"))[0]);
      return text;
    };
    expect(await answer("tool")).toContain("another");
    const said = await at.doctor({ env });
    expect(said.codes).toEqual(["shadowed"]);
    expect(said.shown).toContain("hash -r in each of them");
    await at.shell("mv front/tool front/kept");
    expect((await at.doctor({ env })).codes).toEqual([]);
    expect(await answer("tool")).toContain("No such file");
    expect(await answer("hash -r; tool now")).toContain("tool\nnow\n");
    shell.stdin.end();
    await once(shell, "close");
  });
});

describe.skipIf(!can.beRoot)("the real binary is called by its own path", () => {
  test("in a unit, a job of cron's and scripts", async () => {
    const at = await patient({ prepare: ownEtc });
    const { real, binary } = at;
    await at.shell(
      [
        "mkdir local; mount --bind local /usr/local/bin; mkdir -p /etc/cron.daily",
        `printf '[Service]\nExecStart=${real} --serve\n# not %s\n' ${real} >/etc/systemd/system/caller.service`,
        `echo '0 1 * * * root (${real}; ${real} x) ${real}-other' >/etc/cron.d/job`,
        `printf '#!/bin/sh\n# ${real}\nexec "${real}" "$@"\n' >/etc/cron.daily/job`,
        `printf '#!/bin/sh\n# ${real}\nexec ${real}2 "$@"\n' >/usr/local/bin/healthy`,
        `printf '#!/bin/sh\nREAL=${real}\n"$REAL" "$@"\n' >/usr/local/bin/caller`,
        "chmod 755 /usr/local/bin/* /etc/cron.daily/job",
      ].join("; "),
    );
    expect((await at.run(["/usr/local/bin/caller", "a"])).stdout).toBe("tool\na\n");
    const said = await at.found("names-real", "names-real", "names-real", "names-real");
    expect(said.shown).toContain(`/etc/systemd/system/caller.service names ${real} in line 2`);
    await at.follow(said.commands);
    expect(
      await at.shell(
        "sed -n 2p /etc/systemd/system/caller.service; cat /etc/cron.d/job; sed -n 3p /etc/cron.daily/job",
      ),
    ).toBe(
      `ExecStart=${binary} --serve\n0 1 * * * root (${binary}; ${binary} x) ${real}-other\nexec "${binary}" "$@"\n`,
    );
    await at.healthy();
    // One of the system's that another of its name is in front of is nothing to systemd.
    await at.shell(
      `mkdir units; echo 'ExecStart=${real}' >units/caller.service; mkdir -p /run/systemd/system; mount --bind units /run/systemd/system`,
    );
    expect((await at.found("names-real")).shown).toContain("/run/systemd/system/caller.service names");
    await at.shell(`echo 'ExecStart=${real}' >/etc/systemd/system/caller.service`);
    expect((await at.found("names-real")).shown).toContain("/etc/systemd/system/caller.service names");
  });
});

describe("a process runs the binary since before", () => {
  const kinds = [
    ["an ELF binary", elf],
    [
      "a script",
      (folder: string) =>
        script(
          join(folder, "bin/tool"),
          '#!/bin/sh\nprintf "%s\\n" tool "$@"\nif [ "$1" = wait ]; then while :; do sleep 0.1; done; fi\n',
        ),
    ],
    [
      "an ELF binary behind a link",
      (folder: string) => {
        elf(folder);
        mkdirSync(join(folder, "lib"));
        script(join(folder, "lib/make"), "#!/bin/sh\nmv bin/tool lib/tool; ln -s ../lib/tool bin/tool\n");
      },
    ],
  ] as const;
  test.each(kinds)("%s", async (_, make) => {
    let pid = 0;
    const at = await patient({
      make,
      prepare: async ({ shell, binary }) => {
        await shell("if [ -e lib/make ]; then sh lib/make; fi");
        pid = Number(await shell(`${binary} wait >/dev/null 2>&1 & echo $!; [ ! -e lib ] || sleep 4`));
      },
    });
    const later = Number(await at.shell(`${at.binary} wait >/dev/null 2>&1 & echo $!`));
    const said = await at.found("runs-old-file");
    expect(said.shown).toContain(`Process ${pid} (`);
    await at.shell(`kill ${pid}`);
    await at.healthy();
    await at.shell(`kill ${later}`);
  });

  test("an upgrade's old file", async () => {
    const at = await patient({ make: elf });
    const pid = Number(await at.shell(`${at.binary} wait >/dev/null 2>&1 & echo $!`));
    await at.healthy();
    await at.shell("cp bin/tool-real bin/new; mv bin/new bin/tool-real");
    const { shown } = await at.doctor();
    expect(shown).toContain(`runs-old-file: Process ${pid} (`);
    expect(shown).toContain("note: ");
    await at.shell(`kill ${pid}`);
    expect((await at.doctor()).shown).not.toContain("runs-old-file");
  });
});

describe("the path was taken", () => {
  test("by another wrapper, which runs the real binary itself", async () => {
    const at = await patient();
    await at.shell(
      `printf '#!/bin/bash\nexec ${at.real} "$@"\n' >bin/hand; chmod 755 bin/hand; ln -sf hand bin/tool`,
    );
    expect((await at.call("a")).stdout).toBe("tool\na\n");
    await at.cured("other-interception");
    expect(await at.shell("readlink bin/tool.other")).toBe("hand\n");
  });

  const upgraded =
    "printf '#!/bin/sh\\nprintf \"%%s\\\\n\" tool \"$@\"\\n' >bin/new; chmod 755 bin/new; touch -d '1 hour ago' bin/new";
  test.each([
    ["by an upgrade that puts its file there", `${upgraded}; mv -T bin/new bin/tool`, "binary-overwritten"],
    [
      // The very program, which the manifest knows, and which must not be run as a wrapper.
      "by one that writes through our link",
      "cp bin/tool-real bin/new; touch -d '1 hour ago' bin/new; cp -p bin/new bin/tool; rm bin/new",
      "wrapper-written-through",
    ],
    ["by nothing: it was removed", "rm bin/tool", "binary-removed"],
    ["and the wrapper was removed", "rm bin/small", "chain-broken"],
  ])("%s", async (_, trouble, code) => {
    const at = await patient();
    await at.shell(trouble);
    const said = await at.found(code);
    await at.follow(said.commands);
    const after = await at.doctor();
    expect(after.codes, after.shown).toEqual([]);
    expect((await at.call("a b")).stdout).toBe("tool\na b\n");
    expect(await at.shell("readlink bin/tool")).toBe(`${at.wrapper}\n`);
  });

  test("half-way by a run that was cut off", async () => {
    const at = await patient();
    at.write(`${quick}always: { append: [--more] }\n`);
    const plan = done(await at.tool(["plan", at.file, "--as", "sh"])).stdout;
    const killed = plan.replace("run_write() {", (start) => `${start}\n\tkill -9 $$\n`);
    expect(killed).not.toBe(plan);
    expect((await at.run(["sh", "-s"], { input: killed })).status).toBe(137);
    const said = await at.found("run-cut-off");
    expect(said.shown).toContain("The last apply was cut off at its step write");
    // The file was changed, so whether to go on is for its owner to say.
    done(await at.apply());
    expect((await at.doctor()).codes).toEqual([]);
  });

  test("and the manifest can't be read", async () => {
    const at = await patient();
    const [manifest] = [at.inside("/var/lib/interpose/small/manifest.json")];
    const text = readFileSync(manifest);
    writeFileSync(manifest, "{");
    await at.found("manifest-unreadable");
    writeFileSync(manifest, text);
    await at.shell("rm /var/lib/interpose/small/paths");
    await at.healthy();
  });
});

test("what isn't intercepted is said so", async () => {
  const at = await patient({ make: says("tool") });
  const unknown = await at.tool(["doctor", "nothing", "--json"]);
  expect(unknown.status).toBe(1);
  expect(JSON.parse(unknown.stdout)).toMatchObject({ findings: [{ code: "not-intercepted" }] });
  expect((await at.tool(["doctor", "nowhere.yaml"])).status).toBe(2);
  done(await at.rollback());
  expect(done(await at.tool(["doctor"])).stdout).toBe("Nothing is intercepted here.\n");
});
