/** Upgrades and other hands: nobody's file is lost, and the wrapper is back in front of the newest binary. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { done, type Place, passing, place, quick, says } from "../support/place.ts";
import { standing } from "../support/standing.ts";

const state = "/var/lib/interpose/small";

/** A line of sh that makes `bin/new`, a program which says the word. */
const newer = (word: string): string =>
  `printf '#!/bin/sh\\nprintf "%%s\\\\n" ${word} "$@"\\n' >bin/new; chmod 755 bin/new`;

const answers = async (at: Place, word: string): Promise<void> =>
  expect(await at.call("a")).toEqual({ status: 0, stdout: `${word}\na\n--seen\n`, stderr: "" });

const policy = `${quick}always: { append: [--seen] }\n`;

const inBin = (at: Place): string[] => readdirSync(join(at.folder, "bin")).sort();

describe.concurrent("what was replaced", () => {
  test("at the binary's path becomes the real binary, and the old one is kept until rollback", async () => {
    const at = await place({ policy, make: says("old") });
    done(await at.apply());
    await at.shell(`${newer("new")}; mv -T bin/new bin/tool`);
    expect(await standing(at)).toEqual({ state: "overwritten", codes: ["binary-overwritten"], exit: 1 });
    const { stdout } = done(await at.tool(["repair", "small", "--yes"]));
    const kept = /kept at (\S+)\./.exec(stdout)?.[1] ?? "";
    expect(readFileSync(kept, "utf8")).toContain("old");
    await answers(at, "new");
    expect(await standing(at)).toEqual({ state: "intact", codes: ["old-kept"], exit: 0 });
    expect(done(await at.tool(["repair", "small", "--yes"])).stdout).toContain("Nothing to do");
    expect(done(await at.apply()).stdout).toContain("Nothing to do");
    done(await at.rollback());
    expect(inBin(at)).toEqual(["tool"]);
    expect((await at.call("a")).stdout).toBe("new\na\n");
  });

  test("twice keeps both, until prune", async () => {
    const at = await place({ policy, make: says("first") });
    done(await at.apply());
    for (const word of ["second", "third"]) {
      await at.shell(`${newer(word)}; rm bin/tool; mv -T bin/new bin/tool`);
      done(await at.tool(["repair", "small", "--yes"]));
      await answers(at, word);
    }
    expect((await standing(at)).codes).toEqual(["old-kept", "old-kept"]);
    done(await at.tool(["prune", "small", "--yes"]));
    expect(await standing(at)).toEqual({ state: "intact", codes: [], exit: 0 });
    expect(inBin(at)).toEqual(["small", "tool", "tool-real"]);
  });

  test("at the real binary's path is the real binary from then on", async () => {
    const at = await place({ policy, make: says("old") });
    done(await at.apply());
    await at.shell(`${newer("new")}; mv -T bin/new bin/tool-real`);
    await answers(at, "new");
    expect(await standing(at)).toEqual({ state: "intact", codes: ["real-upgraded"], exit: 0 });
    done(await at.tool(["repair", "small", "--yes"]));
    expect((await standing(at)).codes).toEqual([]);
    done(await at.rollback());
    expect((await at.call("a")).stdout).toBe("new\na\n");
    expect(inBin(at)).toEqual(["tool"]);
  });

  test("at the real binary's path is given back by a rollback without a repair", async () => {
    const at = await place({ policy, make: says("old") });
    done(await at.apply());
    await at.shell(`${newer("new")}; mv -T bin/new bin/tool-real`);
    done(await at.rollback());
    expect((await at.call("a")).stdout).toBe("new\na\n");
    expect(inBin(at)).toEqual(["tool"]);
  });

  test("by the binary itself, by hand, is intercepted anew", async () => {
    const at = await place({ policy });
    done(await at.apply());
    const before = await at.shell("stat -c %i bin/tool-real");
    await at.shell("mv -T bin/tool-real bin/tool");
    done(await at.tool(["repair", "small", "--yes"]));
    await answers(at, "tool");
    expect(await at.shell("stat -c %i bin/tool-real")).toBe(before);
    done(await at.rollback());
    expect(inBin(at)).toEqual(["tool"]);
  });
});

describe.concurrent("what was written through the link", () => {
  const through = async () => {
    const at = await place({ policy, make: says("old") });
    done(await at.apply());
    await at.shell(`${newer("new")}; cp bin/new bin/tool; rm bin/new`);
    expect(await standing(at)).toEqual({ state: "overwritten", codes: ["wrapper-written-through"], exit: 1 });
    return at;
  };

  test("becomes the real binary", async () => {
    const at = await through();
    done(await at.tool(["repair", "small", "--yes"]));
    await answers(at, "new");
    expect((await standing(at)).state).toBe("intact");
    done(await at.rollback());
    expect(inBin(at)).toEqual(["tool"]);
    expect((await at.call("a")).stdout).toBe("new\na\n");
  });

  test("is what a rollback gives back", async () => {
    const at = await through();
    done(await at.rollback());
    expect(inBin(at)).toEqual(["tool"]);
    expect((await at.call("a")).stdout).toBe("new\na\n");
  });
});

describe.concurrent("a part that was removed", () => {
  test.each([
    ["the wrapper", "rm bin/small"],
    ["the link, for a copy of the wrapper", "cp bin/small bin/new; mv -T bin/new bin/tool"],
  ])("is put back: %s", async (_, damage) => {
    const at = await place({ policy });
    done(await at.apply());
    const before = at.listing("content").replace(/ inode \d+| modified \d+/g, "");
    await at.shell(damage);
    expect((await standing(at)).exit).toBe(1);
    done(await at.tool(["repair", "small", "--yes"]));
    await answers(at, "tool");
    const plain = (text: string) => text.replace(/^\.host\/(tmp|\S*journal).*\n/gm, "");
    expect(plain(at.listing("content").replace(/ inode \d+| modified \d+/g, ""))).toBe(plain(before));
  });

  test("is put back: the link by which the real binary keeps its name", async () => {
    const at = await place({ policy: policy.replace("keepName: no", "keepName: yes") });
    done(await at.apply());
    await at.shell("rm -r bin/.small.name");
    done(await at.tool(["repair", "small", "--yes"]));
    expect(existsSync(join(at.folder, "bin/.small.name/tool"))).toBe(true);
  });

  test("by a script that needs no more than a shell", async () => {
    const at = await place({ policy });
    done(await at.apply());
    await at.shell(`${newer("new")}; mv -T bin/new bin/tool`);
    const shells = ["dash", "busybox sh", "bash --posix"];
    for (const shell of shells)
      expect(await at.shell(`${shell} -n ${state}/repair.sh; echo fine`)).toBe("fine\n");
    expect(await at.shell(`busybox sh ${state}/repair.sh look`)).toContain(
      "situation\u001f\u001foverwritten",
    );
    await at.shell(`env -i busybox sh ${state}/repair.sh`);
    await answers(at, "new");
    await at.shell(`${newer("newer")}; mv -T bin/new bin/tool; env -i dash ${state}/repair.sh`);
    await answers(at, "newer");
  });
});

describe.concurrent("what is a person's business is left alone", () => {
  test.each([
    ["an edited wrapper", "printf 'echo edited\\n' >>bin/small", "wrapper-edited", /changed by hand/],
    [
      "no real binary",
      "rm bin/tool-real",
      "chain-broken",
      /tool-real should be the real binary, and is not there/,
    ],
    ["no binary", "rm bin/tool", "binary-removed", /removed since it was intercepted/],
    ["a folder", "rm bin/tool; mkdir bin/tool", "binary-unusable", /no program any more/],
    [
      "a link of somebody else's",
      "ln -s tool-real bin/between; ln -s between bin/new; mv -T bin/new bin/tool",
      "binary-leads-back",
      /leads to/,
    ],
  ])("%s", async (_, damage, code, words) => {
    const at = await place({ policy });
    done(await at.apply());
    await at.shell(damage);
    const before = at.listing("all");
    const { status, stderr } = await at.tool(["repair", "small", "--yes"]);
    expect(stderr).toMatch(words);
    expect(status).toBe(1);
    const json = await at.tool(["repair", "small", "--yes", "--json"]);
    expect(JSON.parse(json.stdout)).toMatchObject({ findings: [{ code }] });
    expect(at.listing("all")).toBe(before);
  });

  test("a run that was cut off", async () => {
    const at = await place({ policy });
    done(await at.apply());
    await at.shell(`echo '1 apply begin' >>${state}/journal; rm bin/small`);
    const { status, stderr } = await at.tool(["repair", "small", "--yes"]);
    expect(stderr).toContain("The last apply was cut off");
    expect(status).toBe(1);
  });
});

describe.concurrent("a repair", () => {
  test("waits until a file that is being written is whole", async () => {
    const at = await place({ policy, make: says("old") });
    done(await at.apply());
    // As pip does it: what was there is removed, the new file is written in place, then made executable.
    await at.shell(
      `rm bin/tool; : >bin/tool; (exec 9>bin/tool; printf '#!/bin/sh\\n' >&9; sleep 3; printf 'printf "%%s\\\\n" new "$@"\\n' >&9; sleep 1; chmod 755 bin/tool) </dev/null >/dev/null 2>&1 &`,
    );
    done(await at.tool(["repair", "small", "--yes"]));
    await answers(at, "new");
  });

  test("loses no upgrade that arrives while the bridge stands", async () => {
    const at = await place({ policy, make: says("first") });
    done(await at.apply());
    await at.shell(`${newer("second")}; mv -T bin/new bin/tool; ${newer("third")}`);
    const text = await at.shell(`cat ${state}/repair.sh`);
    const late = text.replace(
      "let_end() {",
      () => 'let_end() { [ ! -e bin/new ] || mv -T bin/new bin/tool; waited "$@"; }\nwaited() {',
    );
    expect(late).not.toBe(text);
    expect((await at.run(["sh", "-s", "act"], { input: late })).status).toBe(1);
    expect((await at.call("a")).stdout).toBe("third\na\n");
    done(await at.tool(["repair", "small", "--yes"]));
    await answers(at, "third");
  });

  test("that fails a gate leaves the new binary as it is", async () => {
    const at = await place({ policy: `${passing}keepName: no\n`, make: says("old") });
    done(await at.apply());
    // It tells the name that it is run by, so that it would answer otherwise.
    await at.shell(
      "printf '#!/bin/sh\\necho \"${0##*/}\"\\n' >bin/new; chmod 755 bin/new; mv -T bin/new bin/tool",
    );
    const before = at.listing("content").replace(/^.*(journal|small\.log) .*\n/gm, "");
    const { status, stderr } = await at.tool(["repair", "small", "--yes"]);
    expect(stderr).toContain("prints something else through the wrapper");
    expect(status).toBe(1);
    expect((await at.call()).stdout).toBe("tool\n");
    const plain = (text: string) => text.replace(/^.*(journal|small\.log|manifest\.json|kept) .*\n/gm, "");
    expect(plain(at.listing("content"))).toBe(plain(before));
    expect((await at.rollback()).status).toBe(0);
  });

  test("asks first, and needs --yes without a terminal", async () => {
    const at = await place({ policy });
    done(await at.apply());
    await at.shell("rm bin/small");
    const { status, stderr } = await at.tool(["repair", "small"]);
    expect(stderr).toContain("--yes");
    expect(status).toBe(2);
  });
});
