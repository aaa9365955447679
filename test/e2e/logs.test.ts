/** The log as a user finds it: what `logs` shows of it. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { runtimes } from "../support/install.ts";
import { done, type Place, passing, place, quick } from "../support/place.ts";
import { can } from "../support/private-host.ts";

interface Shown {
  argv: string[];
  probe?: true;
}
const shown = async (at: Place, ...words: string[]): Promise<Shown[]> => {
  const { stdout } = done(await at.tool(["logs", "small", "--json", ...words]));
  return stdout
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Shown);
};
const words = async (...given: Parameters<typeof shown>) =>
  (await shown(...given)).map(({ argv }) => argv[0]);

describe.concurrent.each(runtimes)("with the %s wrapper, logs", (runtime) => {
  const policy = `${passing}runtime: ${runtime}\n`;

  async function tried(at: Place): Promise<void> {
    done(await at.apply());
    await at.call("a");
    done(await at.tool(["verify", at.file]));
    await at.call("b");
    expect(await words(at)).toEqual(["a", "b"]);
    expect(await words(at, "-n", "2")).toEqual(["a", "b"]);
    const all = await shown(at, "--probes");
    const probes = ["--version", "--help"];
    expect(all.map(({ argv }) => argv[0])).toEqual([...probes, "a", ...probes, "b"]);
    for (const { argv, probe } of all) expect(probe).toBe(argv[0]?.startsWith("--") ? true : undefined);
    expect(await words(at, "--probes", "-n", "2")).toEqual(["--help", "b"]);
  }

  test("shows the calls that others made, and the tool's own when asked to", async () => {
    await tried(await place({ policy }));
  });

  test.skipIf(!can.beRoot)("knows those also that are made as another user", async () => {
    const at = await place({ policy: `${policy}accept: [other-owner]\n` });
    await at.shell("chown nobody: bin/tool");
    done(await at.apply());
    done(await at.tool(["verify", at.file]));
    expect(await words(at)).toEqual([]);
    expect(await words(at, "--probes")).toEqual(["--version", "--help", "--version", "--help"]);
    const log = readFileSync(at.inside(join("/tmp/interpose-65534/small.log")), "utf8");
    expect(log.match(/"probe":true/g)).toHaveLength(4);
  });

  test("has none of doctor's looks, which make no directory for it either", async () => {
    const at = await place({ policy: `${quick}runtime: ${runtime}\n` });
    done(await at.apply());
    const began = Date.now();
    expect((await at.tool(["doctor", "small"])).stdout).toBe("small  nothing is wrong\n");
    expect(Date.now() - began).toBeLessThan(8000);
    expect(existsSync(at.inside(`/tmp/interpose-${process.getuid?.()}`))).toBe(false);
  });
});

test.skipIf(!can.mount)("a name that is nowhere is an error, and one that had no calls isn't", async () => {
  const at = await place({ policy: quick });
  const wrong = await at.tool(["logs", "smal"]);
  expect(wrong).toMatchObject({ status: 1, stdout: "" });
  expect(wrong.stderr).toContain("Nothing named smal is intercepted here.");
  done(await at.apply());
  expect(done(await at.tool(["logs", "small"])).stdout).toBe("");
  done(await at.rollback());
  expect((await at.tool(["logs", "small"])).status).toBe(1);
});
