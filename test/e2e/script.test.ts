/** A file with a `script`: it is run in the real binary's place, and ends in it. */
import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { done, type Place, passing, place } from "../support/place.ts";
import { script } from "../support/small-binaries.ts";

const smart = (at: Place) => join(at.folder, "bin/tool-smart");

/** A script that adds a word, and takes its time for calls that ask for it. */
function writeScript(at: Place, word: string, path = smart(at)): void {
  script(path, `#!/bin/bash\nif [[ $1 == slow ]]; then sleep 4; fi\nexec ${at.real} "$@" ${word}\n`);
  at.write(`${passing}script: ${path}\n`);
}

describe.concurrent("a script", () => {
  test("is run as it is with the call's arguments, and stays when the interception goes", async () => {
    const at = await place();
    writeScript(at, "scripted");
    const before = at.listing("content");
    done(await at.apply());
    expect((await at.call("a b", "")).stdout).toBe("tool\na b\n\nscripted\n");
    const status = done(await at.tool(["status"])).stdout;
    expect(status).toContain(`${at.binary} -> ${at.wrapper} -> ${smart(at)} -> ${at.real}`);
    done(await at.tool(["verify", at.file]));
    expect(done(await at.apply()).stdout).toContain("Nothing to do");
    done(await at.rollback());
    expect(at.listing("content")).toBe(before);
  });

  test("can be changed for another, and left out", async () => {
    const at = await place();
    writeScript(at, "one");
    at.write(`${passing}script: ${smart(at)}\nkeepName: yes\n`);
    const before = at.listing("content");
    done(await at.apply());
    const other = `${smart(at)}er`;
    writeScript(at, "two", other);
    at.write(`${passing}script: ${other}\nkeepName: yes\n`);
    done(await at.apply());
    expect((await at.call()).stdout).toBe("tool\ntwo\n");
    at.write(`${passing}keepName: yes\n`);
    done(await at.apply());
    expect((await at.call("a")).stdout).toBe("tool\na\n");
    done(await at.rollback());
    rmSync(other);
    const plain = (text: string) => text.replace(/^small\.yaml .*$/m, "");
    expect(plain(at.listing("content"))).toBe(plain(before));
  });

  test("that is gone loses no call, and status says so", async () => {
    const at = await place();
    writeScript(at, "scripted");
    done(await at.apply());
    rmSync(smart(at));
    expect((await at.call("a")).stdout).toBe("tool\na\n");
    const { status, stdout } = await at.tool(["status"]);
    expect(status).toBe(1);
    expect(stdout).toContain(`The script ${smart(at)} is not there`);
    done(await at.rollback());
    expect(readdirSync(join(at.folder, "bin"))).toEqual(["tool"]);
  });

  test("that is still at work when the interception goes finds the real binary", async () => {
    const at = await place();
    writeScript(at, "scripted");
    done(await at.apply());
    const slow = at.call("slow");
    await new Promise((later) => setTimeout(later, 300));
    done(await at.rollback());
    expect(await slow).toMatchObject({ status: 0, stdout: "tool\nslow\nscripted\n" });
    expect(existsSync(at.real)).toBe(false);
  });

  test.each([
    ["that is not there", () => "/nowhere/script", "is not there, or is no executable file"],
    ["that is a folder", (at: Place) => `${at.folder}/bin`, "is not there, or is no executable file"],
    ["that leads to the real binary", (at: Place) => at.real, "can't be the script"],
    ["that is the wrapper", (at: Place) => at.wrapper, "can't be the script"],
  ])("%s is refused", async (_, path, words) => {
    const at = await place();
    at.write(`${passing}script: ${path(at)}\n`);
    const before = at.listing("all");
    const { status, stderr } = await at.apply();
    expect(status).toBeGreaterThan(0);
    expect(stderr).toContain(words);
    expect(at.listing("all")).toBe(before);
  });
});
