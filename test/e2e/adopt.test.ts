/** An interception that was made by hand, by the runbook's own commands, and is taken under management. */
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { done, type Place, place, says } from "../support/place.ts";
import { script } from "../support/small-binaries.ts";

interface ByHand extends Place {
  script: string;
  adopt(...words: string[]): ReturnType<Place["tool"]>;
  /** Everything but what the tool may leave: the hand-made script's log, and files that were written. */
  shape(): string;
}

/** What comes before the real binary in the runbook's template. */
const preflight = (at: Place) => `#!/bin/bash
# Wrapper for tool - transparently intercepts calls
# Real binary at: ${at.real}

LOGFILE="${at.folder}/home/tool-smart.log"

# ──── Pre-flight logic ────
if [[ $1 == slow ]]; then sleep 1; fi

# ──── Logging ────
echo "[WRAPPER] $(date) args: $@" >> "$LOGFILE"

# ──── Execute real binary ────
`;

interface HandOptions {
  make?: (folder: string) => void;
  /** The last line. */
  last?: (at: Place) => string;
  commands?: (at: Place, path: string) => string;
}

/** The runbook's steps 2, 3 and 4, for a binary that is a file. */
const runbook = (at: Place, path: string) => `
sudo() { "$@"; }
BINARY_PATH=${at.binary} REAL_SUFFIX=-real WRAPPER_DIR=${join(path, "..")} WRAPPER_NAME=tool-smart
sudo mv $BINARY_PATH \${BINARY_PATH}\${REAL_SUFFIX}
sudo tee $WRAPPER_DIR/$WRAPPER_NAME >/dev/null <${at.folder}/home/paste
sudo chmod +x $WRAPPER_DIR/$WRAPPER_NAME
sudo ln -sf $WRAPPER_DIR/$WRAPPER_NAME $BINARY_PATH
rm ${at.folder}/home/paste`;

/** The same for one that is a link. */
const runbookOfLink = (at: Place, path: string) =>
  runbook(at, path).replace(
    "sudo mv $BINARY_PATH ${BINARY_PATH}${REAL_SUFFIX}",
    "REAL_TARGET=$(readlink -f $BINARY_PATH)\nsudo rm $BINARY_PATH && sudo ln -s $REAL_TARGET ${BINARY_PATH}${REAL_SUFFIX}",
  );

/** Without a link: the script stands at the path itself. */
const direct = (at: Place) =>
  `mv ${at.binary} ${at.real}; mv ${at.folder}/home/paste ${at.binary}; chmod +x ${at.binary}`;

async function byHand({
  make = says("tool"),
  last = (at) => `exec ${at.real} "$@" --smart`,
  commands = runbook,
}: HandOptions = {}): Promise<ByHand> {
  const at = await place({ make });
  rmSync(at.file);
  const path = join(at.folder, "bin/tool-smart");
  writeFileSync(join(at.folder, "home/paste"), `${preflight(at)}${last(at)}\n`);
  await at.shell(commands(at, path));
  await at.call("first");
  return {
    ...at,
    script: path,
    adopt: (...words) => at.tool(["adopt", at.binary, "--yes", "-o", join(at.folder, "hand.yaml"), ...words]),
    shape: () =>
      at
        .listing("content")
        .split("\n")
        .filter((line) => !/^(home\/tool-smart\.log|home|\.|hand\.yaml) /.test(line))
        .join("\n"),
  };
}

const inLib = (folder: string) => {
  mkdirSync(join(folder, "lib"));
  says("tool")(join(folder, "lib/.."));
  script(join(folder, "lib/tool.sh"), "#!/bin/sh\nprintf '%s\\n' tool \"$@\"\n");
};

describe.concurrent("an interception that was made by hand", () => {
  const kinds: [string, HandOptions, (at: ByHand) => string][] = [
    ["as the runbook has it", {}, (at) => at.script],
    [
      "of a binary that was a link",
      {
        make: (folder) => {
          inLib(folder);
          rmSync(join(folder, "bin/tool"));
        },
        commands: (at, path) => `ln -s ../lib/tool.sh ${at.binary}\n${runbookOfLink(at, path)}`,
      },
      (at) => at.script,
    ],
    ["with the script at the path itself", { commands: direct }, (at) => `${at.binary}-by-hand`],
    [
      "with another ending, and the real binary's path in a variable",
      {
        last: (at) => `BINARY=${at.binary}\nexec "\${BINARY}.orig" "$@" --smart`,
        commands: (at, path) => runbook(at, path).replace("REAL_SUFFIX=-real", "REAL_SUFFIX=.orig"),
      },
      (at) => at.script,
    ],
  ];
  test.each(kinds)("%s, is adopted and given back as it was", async (_, options, script) => {
    const at = await byHand(options);
    const before = at.shape();
    const text = readFileSync(script(at) === at.script ? at.script : at.binary, "utf8");
    const calls = [["--version"], ["a b", "", "*"], []];
    const answers = await Promise.all(calls.map((words) => at.call(...words)));
    expect(answers[1]?.stdout).toBe("tool\na b\n\n*\n--smart\n");

    const { stdout } = done(await at.adopt("--name", "hand"));
    expect(stdout).toContain(
      `script   ${at.script.replace(/-smart$/, options.commands === direct ? "" : "-smart")}`,
    );
    expect(await Promise.all(calls.map((words) => at.call(...words)))).toEqual(answers);
    expect(readFileSync(script(at), "utf8")).toBe(text);
    const status = done(await at.tool(["status"])).stdout;
    expect(status).toContain("hand  intact");
    expect(status).toContain(`${at.binary} -> ${at.binary}-wrapper -> `);
    done(await at.tool(["verify", join(at.folder, "hand.yaml")]));
    expect(done(await at.tool(["logs", "hand", "--json"])).stdout).toContain('"argv":["a b","","*"]');
    expect(done(await at.tool(["apply", join(at.folder, "hand.yaml"), "--yes"])).stdout).toContain(
      "Nothing to do",
    );

    expect(done(await at.tool(["rollback", "hand", "--yes"])).stdout).toContain(
      "is what was made by hand again",
    );
    expect(at.shape()).toBe(before);
    expect(await Promise.all(calls.map((words) => at.call(...words)))).toEqual(answers);
  });

  test("can be left for the bare binary, with nothing of ours left", async () => {
    const at = await byHand();
    const real = lstatSync(at.real).ino;
    done(await at.adopt());
    const { status, stdout, stderr } = await at.tool(["rollback", "tool-smart", "--yes", "--bare"]);
    expect(status).toBe(0);
    expect(stdout).toContain("is the real binary again");
    expect(stderr).toContain(`rm ${at.script} ${at.real}`);
    expect(lstatSync(at.binary).ino).toBe(real);
    expect((await at.call("a")).stdout).toBe("tool\na\n");
    // Who calls the script by its own name still can.
    expect((await at.run([at.script, "a"])).stdout).toBe("tool\na\n--smart\n");
    expect(readdirSync(join(at.folder, "bin")).sort()).toEqual(["tool", "tool-real", "tool-smart"]);
    await at.shell(`rm ${at.script} ${at.real}`);
    expect(lstatSync(at.binary).nlink).toBe(1);
  });

  test("can be gone on with: routes before the script, then routes instead of it", async () => {
    const at = await byHand();
    const before = at.shape();
    done(await at.adopt());
    const file = join(at.folder, "hand.yaml");
    const text = readFileSync(file, "utf8");
    writeFileSync(file, text.replace("- name: pass", "- { name: pass, append: [--routed] }"));
    done(await at.tool(["apply", file, "--yes"]));
    expect((await at.call("a")).stdout).toBe("tool\na\n--routed\n--smart\n");
    writeFileSync(file, text.replace(/^script:.*$/m, ""));
    done(await at.tool(["apply", file, "--yes"]));
    expect((await at.call("a")).stdout).toBe("tool\na\n");
    done(await at.tool(["rollback", "tool-smart", "--yes"]));
    expect(at.shape()).toBe(before);
    expect((await at.call("a")).stdout).toBe("tool\na\n--smart\n");
  });

  test("has an upgrade at its path taken as what the script runs, and given back under it", async () => {
    const at = await byHand();
    const link = lstatSync(at.binary).ino;
    done(await at.adopt());
    await at.shell("sed s/tool/upgraded/ bin/tool-real >bin/new; chmod 755 bin/new; mv bin/new bin/tool");
    expect((await at.tool(["status"])).stdout).toContain("overwritten");
    expect((await at.tool(["repair", "tool-smart", "--yes"])).status).toBe(0);
    expect((await at.call("a")).stdout).toBe("upgraded\na\n--smart\n");
    expect(done(await at.tool(["status"])).stdout).toContain("tool-smart  intact");
    done(await at.tool(["rollback", "tool-smart", "--yes"]));
    expect(lstatSync(at.binary).ino).toBe(link);
    expect((await at.call("a")).stdout).toBe("upgraded\na\n--smart\n");
    expect(readdirSync(join(at.folder, "bin")).sort()).toEqual(["tool", "tool-real", "tool-smart"]);
  });

  test("loses no call while it is adopted and given back", async () => {
    const at = await byHand();
    const loop = at.run([
      "sh",
      "-c",
      `count=0 missed=0
while ! [ -e ${at.folder}/home/stop ]; do
	count=$((count + 1))
	[ "$(${at.binary} "$count" 2>&1)" = "tool
$count
--smart" ] || missed=$((missed + 1))
done
echo "$count calls, $missed missed"`,
    ]);
    for (let cycle = 0; cycle < 2; cycle++) {
      done(await at.adopt());
      done(await at.tool(["rollback", "tool-smart", "--yes"]));
      rmSync(join(at.folder, "hand.yaml"));
    }
    writeFileSync(join(at.folder, "home/stop"), "");
    expect((await loop).stdout).toMatch(/^[1-9]\d+ calls, 0 missed\n$/);
  }, 300_000);

  test("is told by apply, and by status --all, with the command to run", async () => {
    const at = await byHand();
    const file = join(at.folder, "apply.yaml");
    writeFileSync(file, `binary: ${at.binary}\n`);
    const before = at.listing("all");
    const { status, stderr } = await at.tool(["apply", file, "--yes"]);
    expect(status).toBe(1);
    expect(stderr).toContain(`${at.binary} is intercepted by hand: ${at.script} runs ${at.real}.`);
    expect(stderr).toContain(`interpose adopt ${at.binary}`);
    const env = { PATH: join(at.folder, "bin") };
    const all = await at.run([
      "/bin/sh",
      "-c",
      `PATH=${env.PATH}:$PATH exec "$@"`,
      "sh",
      ...(await commandOf(at)),
    ]);
    expect(all.stdout).toContain(`${at.binary}: intercepted by hand: ${at.script} runs ${at.real}`);
    expect(all.stdout).toContain(`interpose adopt ${at.binary}`);
    expect(at.listing("all")).toBe(before);
  });
});

/** The tool's own command line, for a run with another PATH. */
async function commandOf(_: Place): Promise<string[]> {
  const { inject } = await import("vitest");
  return [process.execPath, inject("interpose"), "status", "--all"];
}

describe.concurrent("adopt refuses, and changes nothing", () => {
  const refusals: [string, HandOptions, (at: ByHand) => string | undefined, string[], RegExp][] = [
    [
      "what nobody intercepts",
      { commands: () => ":" },
      () => undefined,
      [],
      /is no interception that was made by hand: no script there names a real binary/,
    ],
    [
      "a real binary that is lost",
      {},
      (at) => `mv ${at.real} ${at.folder}/home/elsewhere`,
      [],
      /intercepted by hand, and the real binary is lost: .*tool-smart runs .*tool-real, which is not there/,
    ],
    ["a real binary that can't be run", {}, (at) => `chmod -x ${at.real}`, [], /not there or not executable/],
    [
      "a script that is lost",
      {},
      (at) => `mv ${at.script} ${at.folder}/home/elsewhere`,
      [],
      /and nothing is there/,
    ],
    [
      "a script that names no real binary",
      {
        last: () => 'exec /usr/bin/printf "%s\\n" "$@"',
        commands: (at, path) => `${runbook(at, path)}\nsed -i 2,3d ${path}`,
      },
      () => undefined,
      [],
      /no script there names a real binary/,
    ],
    ["a path that is taken", {}, (at) => `echo >${at.binary}-by-hand`, [], /is to be kept there/],
    ["a wrapper's path that is taken", {}, (at) => `echo >${at.binary}-wrapper`, [], /not from interpose/],
    ["a file that is there", {}, (at) => `echo >${at.folder}/hand.yaml`, [], /hand.yaml is there already/],
    [
      "a name that is no name",
      {},
      () => undefined,
      ["--name", "a/b"],
      /`name` has a form that can't be used/,
    ],
    [
      "a script that goes by the name it is called by",
      { last: () => 'exec "$0-real" "$@" --smart' },
      () => undefined,
      ["--probe=--version"],
      /may go by the path that it is run by[\s\S]*prints something else through the wrapper[\s\S]*as it was before/,
    ],
  ];
  test.each(refusals)("%s", async (_, options, first, words, said) => {
    const at = await byHand(options);
    const command = first(at);
    if (command) await at.shell(command);
    const before = at.shape();
    const { status, stderr } = await at.adopt(...words);
    expect(stderr).toMatch(said);
    expect(status).toBeGreaterThan(0);
    expect(at.shape()).toBe(before);
    if (!command?.includes("hand.yaml")) expect(existsSync(join(at.folder, "hand.yaml"))).toBe(false);
  });

  test("without --yes where there is no terminal", async () => {
    const at = await byHand();
    const before = at.listing("all");
    const { status, stderr } = await at.tool(["adopt", at.binary]);
    expect({ status, stderr }).toEqual({ status: 2, stderr: expect.stringContaining("--yes") });
    expect(at.listing("all")).toBe(before);
  });

  test("what is ours already, by each of its names", async () => {
    const at = await byHand();
    done(await at.adopt());
    const before = at.listing("all");
    for (const path of [at.binary, at.real, `${at.binary}-wrapper`, `${at.binary}-by-hand`]) {
      const { status, stderr } = await at.tool(["adopt", path, "--yes", "-o", join(at.folder, "other.yaml")]);
      expect({ status, stderr }).toEqual({
        status: 1,
        stderr: expect.stringContaining(`${path} belongs to the interception tool-smart already`),
      });
    }
    expect(at.listing("all")).toBe(before);
  });
});

test("a script without exec is adopted as it is, and said to be worth a change", async () => {
  const at = await byHand({ last: (where) => `${where.real} "$@" --smart` });
  const before = at.shape();
  const { status, stderr } = await at.adopt();
  expect(status).toBe(0);
  expect(stderr).toContain(`${at.script} has no \`exec\``);
  expect((await at.call("a")).stdout).toBe("tool\na\n--smart\n");
  done(await at.tool(["rollback", "tool-smart", "--yes"]));
  expect(at.shape()).toBe(before);
});

test("adopt prints one document for machines", async () => {
  const at = await byHand();
  const { stdout, stderr } = await at.adopt("--json");
  expect(stderr).toBe("");
  expect(JSON.parse(stdout)).toMatchObject({
    name: "tool-smart",
    changed: true,
    file: join(at.folder, "hand.yaml"),
    found: { binary: at.binary, script: at.script, real: at.real, execs: true },
    findings: [],
  });
});

test("an adoption that is cut off is finished by apply, or undone by rollback", async () => {
  const at = await byHand();
  const before = at.shape();
  const folder = join(at.folder, "first-on-path");
  mkdirSync(folder);
  const count = join(at.folder, "home/count");
  for (const name of ["ln", "mv"]) {
    script(
      join(folder, name),
      `#!/bin/sh
read -r count <'${count}'
count=$((count + 1))
echo "$count" >'${count}'
if [ "$count" = "$CUT_AT" ]; then kill -9 0; fi
exec /usr/bin/${name} "$@"
`,
    );
  }
  const shape = () =>
    at
      .shape()
      .split("\n")
      .filter((line) => !/^(first-on-path|home\/count)/.test(line))
      .join("\n");
  const whole = shape();
  let cuts = 0;
  // A run of its own for each cut takes seconds; the walk over all cuts of an apply is in the tests of crashes.
  for (let number = 1; ; number += 3) {
    writeFileSync(count, "0\n");
    const env = { PATH: `${folder}:/usr/sbin:/usr/bin:/sbin:/bin`, CUT_AT: String(number) };
    const { status } = await at.tool(["adopt", at.binary, "--yes", "-o", join(at.folder, "hand.yaml")], {
      env,
      ownGroup: true,
    });
    expect((await at.call("a")).stdout).toBe("tool\na\n--smart\n");
    if (status === 0) break;
    cuts++;
    const begun = existsSync(at.inside("/var/lib/interpose/tool-smart/manifest.json"));
    if (begun && cuts % 2 === 0) {
      done(await at.tool(["apply", join(at.folder, "hand.yaml"), "--yes"]));
      expect((await at.call("a")).stdout).toBe("tool\na\n--smart\n");
    }
    const back = await at.tool(["rollback", "tool-smart", "--yes"]);
    if (begun) done(back);
    rmSync(join(at.folder, "hand.yaml"), { force: true });
    if (!begun) await at.shell("rm -rf /var/lib/interpose");
    expect(shape()).toBe(whole);
  }
  expect(cuts).toBeGreaterThan(2);
  done(await at.tool(["rollback", "tool-smart", "--yes"]));
  expect(shape()).toBe(whole);
  expect(whole).toContain(before.split("\n")[0] ?? "");
}, 300_000);
