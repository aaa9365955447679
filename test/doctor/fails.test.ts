/**
 * Troubles that make calls fail since the wrapper is there, or break their words: each is made for real, found, and
 * cured by the commands of the advice, on one interception, one after the other.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { elf, ownEtc, type Patient, patient } from "../support/patient.ts";
import { quick, says } from "../support/place.ts";
import { can } from "../support/private-host.ts";

describe("a wrapper that was edited by hand", () => {
  let at: Patient;
  let written = "";
  beforeAll(async () => {
    at = await patient({ policy: `${quick}runtime: bash\n` });
    written = readFileSync(at.wrapper, "utf8");
  });
  const edit = (change: (text: string) => string) => {
    const edited = change(written);
    expect(edited).not.toBe(written);
    writeFileSync(at.wrapper, edited);
  };

  test.each<[string, (text: string) => string, string[]]>([
    [
      "with words without quotes",
      (text) => text.replaceAll('"${__passed[@]}"', "${__passed[@]}"),
      ["words-unquoted"],
    ],
    [
      "with all words as one",
      (text) => text.replaceAll('"${__passed[@]}"', '"${__passed[*]}"'),
      ["words-unquoted"],
    ],
    ["without exec", (text) => text.replaceAll('exec -a "$__as" ', ""), ["exec-missing"]],
    ["that bash can't read", (text) => `${text}if\n`, ["wrapper-syntax"]],
    ["without its first line", (text) => text.replace(/^.*\n/, ""), ["first-line-changed"]],
    [
      "with lines that end as in DOS",
      (text) => text.replaceAll("\n", "\r\n"),
      ["first-line-changed", "wrapper-syntax"],
    ],
    ["in some other way", (text) => `${text}# a remark\n`, []],
  ])("%s", async (_, change, codes) => {
    edit(change);
    const said = await at.found(...codes, "wrapper-edited");
    await at.follow(said.commands);
    expect(readFileSync(at.wrapper, "utf8")).toBe(written);
    expect(readFileSync(`${at.wrapper}.edited`, "utf8")).toBe(change(written));
    await at.shell(`rm ${at.wrapper}.edited`);
  });

  test("is healthy again", () => at.healthy());

  test("whose file says something else by now: what was applied is given back", async () => {
    edit((text) => `${text}# a remark\n`);
    at.write("probe: []\nkeepName: no\nruntime: bash\n");
    const said = await at.found("wrapper-edited");
    await at.follow(said.commands);
    expect(readFileSync(at.wrapper, "utf8")).toBe(written);
  });
});

describe("a call can't be run", () => {
  let at: Patient;
  beforeAll(async () => {
    at = await patient({ make: elf });
  });

  test.each([
    ["the wrapper may not be run", "chmod 0644 bin/small", "wrapper-mode"],
    ["the real binary may not be run", "chmod 0644 bin/tool-real", "real-mode"],
  ])("as %s", async (_, trouble, code) => {
    await at.shell(trouble);
    expect((await at.call("a")).status).toBe(126);
    const said = await at.found(code);
    await at.follow(said.commands);
    expect((await at.call("a")).stdout).toBe("tool\na\n");
  });

  test("as the dynamic linker that it names is not there", async () => {
    const bytes = readFileSync(at.real);
    const name = /\/lib[^\0]*ld-[^\0]*\.so[^\0]*/.exec(bytes.toString("latin1"))?.[0] ?? "";
    const gone = name.replace("ld-", "no-");
    // Into the same file.
    writeFileSync(at.real, Buffer.from(bytes.toString("latin1").replace(name, gone), "latin1"));
    const { status, stderr } = await at.call("a");
    expect(status).toBe(127);
    expect(stderr).toContain("its interpreter or its dynamic linker isn't there");
    const said = await at.found("loader-missing");
    expect(said.shown).toContain(`${at.real} needs the dynamic linker ${gone}, which is not there`);
    // The advice: install what was built for this system.
    writeFileSync(at.real, bytes);
  });

  test("is healthy again", () => at.healthy());
});

describe("a script can't be run", () => {
  let at: Patient;
  let text = "";
  beforeAll(async () => {
    at = await patient();
    text = readFileSync(at.real, "utf8");
  });

  test.each([
    ["#!/opt/gone/sh", "/opt/gone/sh"],
    ["#!/usr/bin/env -S PATH=/bin no-such-interpreter -x", "no-such-interpreter"],
    ["#!/bin/sh\r", "/bin/sh\\u000d"],
  ])("as what its first line names is not there: %j", async (first, named) => {
    writeFileSync(at.real, text.replace(/^.*/, first));
    expect((await at.call("a")).status).not.toBe(0);
    const said = await at.found("interpreter-missing");
    expect(said.shown).toContain(`is a script for ${named}, which is not there`);
    writeFileSync(at.real, text);
  });

  test("is healthy again", () => at.healthy());
});

describe.skipIf(!can.beRoot)("a place lets no call through", () => {
  test("as it is mounted noexec", async () => {
    const at = await patient({
      prepare: async ({ folder, shell, inside }) => {
        await shell("mount -t tmpfs -o mode=755 tmpfs bin");
        says("tool")(inside(folder));
      },
    });
    await at.shell("mount -o remount,noexec bin");
    expect((await at.call("a")).status).toBe(126);
    await at.cured("mounted-noexec");
  });

  test("as others may not pass a folder to the wrapper", async () => {
    const at = await patient({
      prepare: async ({ folder, shell, write }) => {
        await shell("mkdir wrappers");
        write(`wrapper: ${folder}/wrappers/small\n${quick}`);
      },
    });
    await at.shell("chmod 0700 wrappers");
    expect((await at.run([at.binary, "a"], { as: "nobody" })).status).toBe(126);
    await at.cured("folder-unreachable");
    expect((await at.run([at.binary, "a"], { as: "nobody" })).stdout).toBe("tool\na\n");
  });

  test("as the service's user may not pass a folder, or a profile names one path of the chain alone", async () => {
    const at = await patient({
      policy: `${quick}services: [caller.service]\n`,
      prepare: async (to) => {
        await ownEtc(to);
        await to.shell(
          "printf '[Service]\\nUser=nobody\\nExecStart=/bin/true\\n' >/etc/systemd/system/caller.service",
        );
      },
    });
    await at.shell("chmod 0750 bin");
    const said = await at.cured("folder-unreachable");
    expect(said.shown).toContain("caller.service (user nobody) may call");

    // As on a machine that has AppArmor.
    await at.shell(
      "mount -t tmpfs tmpfs /sys/module; mkdir -p /sys/module/apparmor/parameters /etc/apparmor.d",
    );
    await at.shell("echo Y >/sys/module/apparmor/parameters/enabled");
    await at.shell(`printf '/usr/bin/caller {\n  ${at.binary} ix,\n}\n' >/etc/apparmor.d/usr.bin.caller`);
    const profiled = await at.found("profile-names-binary");
    expect(profiled.shown).toContain(`names ${at.binary}, and not ${at.wrapper} and ${at.real}`);
    await at.shell(
      `echo '/usr/bin/caller { ${at.wrapper} rix, ${at.real} ix, }' >>/etc/apparmor.d/usr.bin.caller`,
    );
    await at.healthy();
  });
});
