/** What can't be done is said clearly, with the exit code for it, and nothing is touched. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { done, type Place, place, quick } from "../support/place.ts";
import { can, type Ran, type RunOptions } from "../support/private-host.ts";

interface Case {
  title: string;
  /** Lines of sh that make it so, in the scratch folder. */
  given?: string;
  /** The file's text, when it is not the usual one; `TOOL` stands for the binary, `FOLDER` for the scratch folder. */
  file?: string | Buffer;
  as?: "nobody";
  env?: Record<string, string>;
  exit: 1 | 2 | 3;
  says: (string | RegExp)[];
  needs?: boolean;
}

async function expectRefusal(
  at: Place,
  refused: Promise<Ran>,
  exit: number,
  says: Case["says"],
): Promise<void> {
  const before = at.listing("all");
  const { status, stdout, stderr } = await refused;
  expect(stdout).toBe("");
  for (const words of says) {
    if (typeof words === "string") expect(stderr).toContain(words);
    else expect(stderr).toMatch(words);
  }
  // What happened, then what to do about it.
  expect(stderr).toMatch(/problem: .+\n(?: {4}.*\n {4} *\^+\n)? {2}\S/);
  expect(stderr).not.toMatch(/ at .*\.js:\d+/);
  expect(status).toBe(exit);
  expect(at.listing("all")).toBe(before);
}

function testCases(cases: Case[]): void {
  for (const { title, given, file, as, env, exit, says, needs = true } of cases) {
    test.skipIf(!needs)(title, async () => {
      const at = await place({ policy: quick });
      if (given) await at.shell(given);
      if (file !== undefined) {
        const text =
          typeof file === "string"
            ? file.replaceAll("TOOL", at.binary).replaceAll("FOLDER", at.folder)
            : file;
        writeFileSync(at.file, text);
      }
      const options: RunOptions = { ...(as ? { as } : {}), ...(env ? { env } : {}) };
      await expectRefusal(at, at.tool(["apply", at.file, "--yes"], options), exit, says);
    });
  }
}

describe.concurrent("a binary that can't be intercepted", () => {
  testCases([
    {
      title: "missing",
      given: "rm bin/tool",
      exit: 1,
      says: [/There is nothing at .*bin\/tool\./, "Check `binary`"],
    },
    { title: "a folder", given: "rm bin/tool; mkdir bin/tool", exit: 1, says: [/bin\/tool is a folder/] },
    {
      title: "a FIFO",
      given: "rm bin/tool; mkfifo bin/tool",
      exit: 1,
      says: [/bin\/tool is no regular file/],
    },
    {
      title: "not executable",
      given: "chmod 644 bin/tool",
      exit: 1,
      says: ["is not executable; its mode is 644", "chmod +x"],
    },
    {
      title: "a dangling link",
      given: "ln -sf nowhere bin/tool",
      exit: 1,
      says: [/bin\/tool is a link to nowhere, and nothing is there\./, "Mend the link first"],
    },
    {
      title: "a link into a folder that is not there",
      given: "ln -sf /nowhere/at/all bin/tool",
      exit: 1,
      says: ["is a link to /nowhere/at/all, and nothing is there"],
    },
    {
      title: "links in a loop",
      given: "ln -sf tool bin/other; ln -sf other bin/tool",
      exit: 1,
      says: ["is a link to other, which leads back to itself"],
    },
    {
      title: "on a read-only file system",
      given: "mount --bind bin bin; mount -o remount,bind,ro bin",
      needs: can.mount,
      exit: 1,
      says: ["which is mounted read-only", "remount,rw"],
    },
    {
      title: "on a noexec file system",
      given: "cp bin/tool kept; mount -t tmpfs -o noexec,mode=755 tmpfs bin; cp kept bin/tool",
      needs: can.mount,
      exit: 1,
      says: ["which is mounted noexec", "without noexec"],
    },
    {
      title: "with a wrapper on a noexec file system",
      given: "mkdir away; mount -t tmpfs -o noexec tmpfs away",
      file: "name: small\nbinary: TOOL\nwrapper: FOLDER/away/small\n",
      needs: can.mount,
      exit: 1,
      says: ["which is mounted noexec"],
    },
    {
      title: "that belongs to another user, in that user's folder",
      as: "nobody",
      needs: can.beRoot,
      exit: 3,
      says: [/nobody may not write to .*bin\./, "sudo interpose"],
    },
    {
      title: "that belongs to another user, in a folder of one's own",
      given: "chown nobody bin",
      as: "nobody",
      needs: can.beRoot && readFileSync("/proc/sys/fs/protected_hardlinks", "utf8").trim() === "1",
      exit: 3,
      says: [/belongs to root, .*fs\.protected_hardlinks/, "as root"],
    },
    {
      title: "without a folder for its state",
      given: "chown -R nobody bin; chown root home",
      as: "nobody",
      needs: can.beRoot,
      exit: 3,
      says: [/nobody may not write to .*home\./],
    },
  ]);

  test.skipIf(!can.beRoot).each([
    ["the binary, immutable", "+i", "bin/tool", /bin\/tool has the attribute i/],
    ["its folder, immutable", "+i", "bin", /bin has the attribute i/],
    ["its folder, append-only", "+a", "bin", /bin has the attribute a/],
  ])("%s", async (_, attribute, path, words) => {
    const at = await place({ policy: quick });
    const set = await at.run(["chattr", attribute, path]);
    // Not every file system has attributes.
    if (set.status !== 0) return;
    try {
      await expectRefusal(at, at.apply(), 1, [words, `chattr -${attribute[1]}`]);
    } finally {
      await at.shell(`chattr -${attribute[1]} ${path}`);
    }
  });
});

describe.concurrent("paths that are taken", () => {
  const byHand =
    "mv bin/tool bin/tool-real; printf '#!/bin/bash\\nexec tool-real\\n' >bin/HAND; chmod 755 bin/HAND";
  testCases([
    {
      title: "that of the real binary",
      given: "echo foreign >bin/tool-real",
      exit: 1,
      says: [/bin\/tool-real is there already, and it is not from interpose/, "`realSuffix`"],
    },
    {
      title: "that of the wrapper",
      given: "echo foreign >bin/small",
      exit: 1,
      says: [/bin\/small is there already, and it is not from interpose/, "`wrapper`"],
    },
    {
      title: "that of the folder for the name",
      given: "mkdir bin/.small.name",
      exit: 1,
      says: [/\.small\.name is there already/],
    },
    {
      title: "the wrapper's, which is the binary's own",
      file: "name: small\nbinary: TOOL\nwrapper: TOOL\n",
      exit: 2,
      says: [/small\.yaml:3:10: .*over the binary itself/],
    },
    {
      title: "the wrapper's, which is that of the real binary",
      file: "name: small\nbinary: TOOL\nwrapper: TOOL-real\n",
      exit: 2,
      says: ["take the place of the real binary"],
    },
    {
      title: "by an interception made by hand, with another wrapper",
      given: `${byHand.replaceAll("HAND", "hand")}; ln -sf "$PWD/bin/hand" bin/tool`,
      exit: 1,
      says: [/by hand/, /interpose adopt .*tool/],
    },
    {
      title: "by an interception made by hand, with the same wrapper",
      given: `${byHand.replaceAll("HAND", "small")}; ln -sf "$PWD/bin/small" bin/tool`,
      exit: 1,
      says: [/by hand/, /interpose adopt .*tool/],
    },
  ]);

  test("by an interception of ours with another name", async () => {
    const at = await place({ policy: quick });
    done(await at.apply());
    const file = join(at.folder, "other.yaml");
    writeFileSync(file, `name: other\nbinary: ${at.binary}\n`);
    await expectRefusal(at, at.tool(["apply", file, "--yes"]), 1, [
      "belongs to the interception small",
      "interpose rollback small",
    ]);
    writeFileSync(file, `name: small\nbinary: ${at.binary}\nrealSuffix: .orig\n`);
    await expectRefusal(at, at.tool(["apply", file, "--yes"]), 1, ["is in place with other paths"]);
  });
});

describe.concurrent("a host that lacks something", () => {
  const fake = (line: string) =>
    `printf '#!/bin/sh\\n${line}\\n' >fake; chmod 755 fake; mount --bind fake /bin/bash`;
  testCases([
    {
      title: "bash",
      file: "binary: TOOL\nname: small\nruntime: bash\n",
      given: "mount --bind /dev/null /bin/bash",
      needs: can.mount,
      exit: 3,
      says: ["/bin/bash is not there", "Install bash, 4.4 or later"],
    },
    {
      title: "a bash that is new enough",
      file: "binary: TOOL\nname: small\nruntime: bash\n",
      given: fake('echo "4.3.48(1)-release"'),
      needs: can.mount,
      exit: 3,
      says: ["/bin/bash is version 4.3.48(1)-release", "4.4 or later"],
    },
    {
      title: "ffprobe, when a route asks for a duration",
      given: "mount --bind /dev/null /usr/bin/ffprobe",
      file: 'binary: TOOL\nname: small\nfacts: { length: { mediaDuration: operand(0) } }\nroutes:\n  - { name: a, when: length < duration("1h") }\n  - name: b\n',
      env: { PATH: "/usr/bin:/bin" },
      needs: can.mount,
      exit: 1,
      says: ["ffprobe is not there", "Install ffmpeg"],
    },
    {
      title: "a way there",
      file: "name: small\nhost: nowhere.invalid\nbinary: TOOL\n",
      exit: 3,
      says: ["nowhere.invalid can't be reached: it has no address"],
    },
  ]);
});

describe.concurrent("a file that is wrong", () => {
  const routes = (count: number) =>
    Array.from({ length: count }, (_, index) => `  - { name: r${index}, when: flag("--f${index}") }\n`).join(
      "",
    );
  testCases([
    {
      title: "no YAML",
      file: "binary: [TOOL\n",
      exit: 2,
      says: [/small\.yaml:\d+:\d+: problem: This is not valid YAML/],
    },
    {
      title: "a wrong type",
      file: "binary: TOOL\nservices: 5\n",
      exit: 2,
      says: [/small\.yaml:2:11: .*`services` is/],
    },
    {
      title: "an unknown key",
      file: "binary: TOOL\nserivces: []\n",
      exit: 2,
      says: [/small\.yaml:2:1: .*did you mean `services`/],
    },
    { title: "no binary", file: "name: small\n", exit: 2, says: ["`binary` is missing"] },
    { title: "a relative path", file: "binary: bin/tool\n", exit: 2, says: ["absolute path"] },
    {
      title: "an unknown route",
      file: "binary: TOOL\nroutes: [{ name: gpu }]\nonError: gpuu\n",
      exit: 2,
      says: [/small\.yaml:3:10: .*no route `gpuu`.*did you mean `gpu`/],
    },
    {
      title: "a condition that is no CEL, with a caret under the place",
      file: 'binary: TOOL\nroutes:\n  - name: a\n    when: flag("-v") && && true\n  - name: b\n',
      exit: 2,
      says: [/small\.yaml:4:11: /, / {4}flag\("-v"\) && && true\n {18}\^\^\n/],
    },
    {
      title: "a condition that is of no use",
      file: "binary: TOOL\nroutes:\n  - name: a\n    when: operand(0)\n  - name: b\n",
      exit: 2,
      says: [/small\.yaml:4:11: /],
    },
    {
      title: "a NUL in a text",
      file: 'binary: TOOL\nalways: { append: ["a\\0b"] }\n',
      exit: 2,
      says: [/small\.yaml:2:20: /, "without a NUL"],
    },
    {
      title: "a name that is too long with its suffix",
      given: `cp -p bin/tool bin/${"n".repeat(252)}`,
      file: `name: small\nbinary: TOOL/../${"n".repeat(252)}\n`.replace("TOOL/../", "TOOL"),
      exit: 2,
      says: ["a file name holds 255", "shorter `realSuffix`"],
    },
    {
      title: "two hundred routes",
      file: `binary: TOOL\nroutes:\n${routes(200)}`,
      exit: 2,
      says: ["`routes` is out of range: at most 100"],
    },
    {
      title: "a megabyte",
      file: `binary: TOOL\n${"#".repeat(1 << 20)}\n`,
      exit: 2,
      says: [/The file has \d+ bytes/],
    },
    { title: "not UTF-8", file: Buffer.from([0x62, 0xff, 0x0a]), exit: 2, says: ["not UTF-8"] },
  ]);
});

describe.concurrent("a command line that is wrong", () => {
  const lines: [string, string[], RegExp][] = [
    ["an unknown command", ["aply", "small.yaml"], /unknown command 'aply'/],
    ["an unknown option", ["apply", "small.yaml", "--force"], /unknown option '--force'/],
    ["a missing argument", ["apply"], /missing required argument/],
    ["one argument too many", ["status", "now", "then"], /too many arguments/],
    ["a form that there is not", ["plan", "small.yaml", "--as", "pdf"], /Allowed choices are sh, markdown/],
    ["no command", [], /Usage: interpose/],
    [
      "a file that is not there",
      ["apply", "nowhere.yaml", "--yes"],
      /nowhere\.yaml can't be read: it is not there/,
    ],
    ["a folder for a file", ["apply", "bin", "--yes"], /bin can't be read: it is a folder/],
    ["apply without --yes and without a terminal", ["apply", "small.yaml"], /no terminal to ask on.*--yes/s],
    ["init without --yes and without a terminal", ["init"], /no terminal to ask on.*--yes/s],
    ["a count that is none", ["logs", "small", "-n", "few"], /few is no whole number/],
    ["a time that is none", ["logs", "small", "--since", "soon"], /soon is no time span/],
    ["a recipe that there is not", ["init", "--recipe", "none", "--yes"], /There is no recipe none/],
  ];
  test.each(lines)("%s", async (_, words, says) => {
    const at = await place({ policy: quick });
    const before = at.listing("all");
    const { status, stderr } = await at.tool(words);
    expect(stderr).toMatch(says);
    expect(stderr).not.toMatch(/ at .*\.js:\d+/);
    expect(status).toBe(2);
    expect(at.listing("all")).toBe(before);
  });

  test("rollback of what is not there, or without --yes", async () => {
    const at = await place({ policy: quick });
    await expectRefusal(at, at.tool(["rollback", "nothing", "--yes"]), 1, [
      "Nothing named nothing is intercepted here",
      "`interpose status`",
    ]);
    done(await at.apply());
    const before = at.listing("all");
    const { status, stderr } = await at.tool(["rollback", "small"]);
    expect(status).toBe(2);
    expect(stderr).toContain("no terminal to ask on");
    expect(at.listing("all")).toBe(before);
  });

  test("a name is a name, also where a folder or the wrapper is called so", async () => {
    const at = await place({ policy: quick });
    done(await at.apply());
    await at.shell("mkdir small");
    done(await at.tool(["verify", "small"]));
    await at.shell("rmdir small; ln -s bin/small small");
    done(await at.rollback());
  });
});
