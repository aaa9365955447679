/** Upgrades by a real npm, which puts a new link at the path of a program. */
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { done, type Place, place } from "../support/place.ts";
import { intact, overwritten, standing } from "../support/standing.ts";

/** Tells its name, and finds its version in a file that lies beside the folder where the link leads. */
const program = `#!/usr/bin/env node
const path = require("node:path");
const { version } = require("../package.json");
const [, self, ...words] = process.argv;
if (words[0] === "--help") console.log("usage:", path.basename(self));
else console.log(version, ...words);
`;

const quiet = "--silent --offline --no-audit --no-fund --no-update-notifier --cache npm-cache";
const install = (version: string): string =>
  `npm install ${quiet} --global --prefix . ./speaker-${version}.tgz`;
const uninstall = `npm uninstall ${quiet} --global --prefix . speaker`;

/** What npm pack makes of a package with one program. */
function pack(folder: string, version: string): void {
  const source = join(folder, "source");
  mkdirSync(join(source, "bin"), { recursive: true });
  const manifest = { name: "speaker", version, bin: { tool: "bin/tool.js" } };
  writeFileSync(join(source, "package.json"), JSON.stringify(manifest));
  writeFileSync(join(source, "bin/tool.js"), program);
  const words = ["pack", "--silent", "--offline", "--cache", join(folder, "npm-cache")];
  execFileSync("npm", [...words, "--pack-destination", folder], { cwd: source, stdio: "ignore" });
  rmSync(source, { recursive: true });
}

/** A folder that npm installs programs in, with version 1.0.0 of one, intercepted. */
async function intercepted(): Promise<Place> {
  const at = await place({
    policy: "routes:\n  - name: pass\nprobe: [--help]\nalways: { append: [--seen] }\n",
    make(folder) {
      for (const version of ["1.0.0", "2.0.0", "3.0.0"]) pack(folder, version);
      execFileSync("sh", ["-euc", install("1.0.0")], { cwd: folder, stdio: "ignore" });
    },
  });
  expect(inBin(at)).toEqual(["tool"]);
  done(await at.apply());
  return at;
}

const inBin = (at: Place): string[] => readdirSync(join(at.folder, "bin")).sort();
const repair = (at: Place) => at.tool(["repair", "small", "--yes"]);
const says = async (at: Place, words: string): Promise<void> =>
  expect(await at.call("a")).toEqual({ status: 0, stdout: `${words}\n`, stderr: "" });

describe.concurrent("npm", { timeout: 400_000 }, () => {
  test("upgrades twice; each time the wrapper is put back in front of the new link", async () => {
    const at = await intercepted();
    await says(at, "1.0.0 a --seen");
    expect((await at.call("--help")).stdout).toBe("usage: tool\n");
    for (const [version, ...kept] of [["2.0.0"], ["3.0.0", "old-kept"]]) {
      await at.shell(install(`${version}`));
      await says(at, `${version} a`);
      expect(await standing(at)).toEqual(overwritten("binary-overwritten", ...kept));
      done(await repair(at));
      await says(at, `${version} a --seen`);
      expect((await at.call("--help")).stdout).toBe("usage: tool\n");
    }
    expect(await standing(at)).toEqual(intact("old-kept", "old-kept"));
    done(await at.rollback());
    expect(inBin(at)).toEqual(["tool"]);
    await says(at, "3.0.0 a");
    await at.shell(uninstall);
    expect(inBin(at)).toEqual([]);
  });

  test("uninstalls; installed again it is intercepted anew, and a rollback leaves nothing", async () => {
    const at = await intercepted();
    await at.shell(uninstall);
    const removed = { state: "broken", codes: ["real-removed"], exit: 1 };
    expect(await standing(at)).toEqual(removed);
    const { status, stderr } = await repair(at);
    expect(stderr).toContain(`The package that ${at.binary} was from is gone`);
    expect(status).toBe(1);
    await at.shell(install("2.0.0"));
    done(await repair(at));
    await says(at, "2.0.0 a --seen");
    await at.shell(uninstall);
    const rolledBack = await at.rollback();
    expect(rolledBack.stderr).toContain("is gone, and so is its file");
    expect(rolledBack.status).toBe(0);
    expect(inBin(at)).toEqual([]);
  });

  test("has lost a package whose folder was removed: status tells, and a rollback gives the link back", async () => {
    const at = await intercepted();
    await at.shell("mv lib/node_modules/speaker lib/away");
    expect(await standing(at)).toEqual({ state: "broken", codes: ["real-removed"], exit: 1 });
    expect((await repair(at)).stderr).toContain("is gone: calls fail");
    expect((await at.rollback()).status).toBe(0);
    expect(inBin(at)).toEqual(["tool"]);
    await at.shell("mv lib/away lib/node_modules/speaker");
    await says(at, "1.0.0 a");
  });
});
