/** What a wrapper says of itself, which kind a host gets, and whether it is what the file says now. */

import { createHash } from "node:crypto";
import { appendFileSync, copyFileSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { InterposeError } from "../../src/finding/finding.ts";
import { localhost } from "../../src/host/local.ts";
import { look } from "../../src/host/look.ts";
import { pathsOf } from "../../src/plan/check.ts";
import { wrapperFor } from "../../src/plan/prepare.ts";
import { loadSpec } from "../../src/spec/load.ts";
import { layoutOf } from "../../src/spec/spec.ts";
import { done, passing, place } from "../support/place.ts";

describe.concurrent("show", () => {
  test("prints what a wrapper is for, its file and its policy, and knows the release's program", async () => {
    const at = await place();
    at.write(`${passing}# a note of the file's own\n`);
    done(await at.apply());
    for (const what of ["small", at.binary, at.wrapper]) {
      const { stdout } = done(await at.tool(["show", what]));
      expect(stdout).toMatch(
        /^The program, \d+ bytes, is this release's for \w+-64k, byte for byte: SHA-256 [0-9a-f]{64}/,
      );
      expect(stdout).toContain(`stands in for ${at.binary}`);
      expect(stdout).toContain("  | # a note of the file's own");
      expect(stdout).toContain(`\nrun ${at.real}\n`);
    }
    // What the hash is of, as the text itself says: head and sha256sum are enough.
    const seen = JSON.parse(done(await at.tool(["show", "small", "--json"])).stdout);
    const program = readFileSync(at.wrapper).subarray(0, seen.size);
    expect(createHash("sha256").update(program).digest("hex")).toBe(seen.sha256);
    // Without the tool.
    expect(await at.shell(`tail -c +${seen.size + 1} ${at.wrapper} | tr -d '\\0' | tail -n 1`)).toBe("end\n");
    expect(await at.shell(`grep -a -c "^run ${at.real}$" ${at.wrapper}`)).toBe("1\n");
    done(await at.rollback());
  });

  test("says that a changed program is none of the release's", async () => {
    const at = await place();
    done(await at.apply());
    const copy = `${at.folder}/copy`;
    copyFileSync(at.wrapper, copy);
    await at.shell(`printf X | dd of=${copy} bs=1 seek=20000 conv=notrunc 2>/dev/null`);
    expect(done(await at.tool(["show", copy])).stdout).toMatch(
      /^The program, \d+ bytes, is none of this release's/,
    );
    done(await at.rollback());
  });

  test("prints a bash wrapper, and refuses what is none", async () => {
    const at = await place();
    at.write(`${passing}runtime: bash\n`);
    done(await at.apply());
    expect(done(await at.tool(["show", "small"])).stdout).toMatch(
      /^It is a bash script: the file says so\.\n\n#!\/bin\/bash /,
    );
    expect(done(await at.tool(["status"])).stdout).toContain("a bash script, made by interpose");
    const none = await at.tool(["show", at.real]);
    expect({ said: none.stderr, status: none.status }).toMatchObject({ status: 1 });
    expect(none.stderr).toContain(`${at.real} is no wrapper of interpose's`);
    const nowhere = await at.tool(["show", `${at.folder}/nowhere`]);
    expect(nowhere.stderr).toContain(`${at.folder}/nowhere can't be read`);
    expect(nowhere.status).toBe(1);
    done(await at.rollback());
  });
});

describe.concurrent("the runtime", () => {
  test("is changed from one to the other in one rename, and back", async () => {
    const at = await place();
    const before = at.listing("content");
    done(await at.apply());
    for (const [runtime, first] of [
      ["bash", "#!"],
      ["native", "\u007fE"],
      ["auto", "\u007fE"],
    ]) {
      at.write(`${passing}runtime: ${runtime}\n`);
      done(await at.apply());
      expect(readFileSync(at.wrapper, "latin1").slice(0, 2)).toBe(first);
      expect((await at.call("a")).stdout).toBe("tool\na\n");
    }
    at.write(passing);
    done(await at.apply());
    done(await at.rollback());
    const plain = (text: string) => text.replace(/^small\.yaml .*$/m, "");
    expect(plain(at.listing("content"))).toBe(plain(before));
  });

  test("is bash where this release has no program for the machine, or the host lets only known ones run", async () => {
    const text = Buffer.from("name: small\nbinary: /bin/sh\n");
    const loaded = loadSpec(text, "/etc/small.yaml");
    const facts = await look(localhost, { paths: pathsOf(layoutOf(loaded.spec)) });
    expect(wrapperFor(loaded, facts).choice.runtime).toBe("native");
    const vax = wrapperFor(loaded, { ...facts, machine: "vax" });
    expect(vax).toMatchObject({
      wrapper: { runtime: "bash" },
      choice: { why: "this release has no program for vax" },
    });
    const guarded = wrapperFor(loaded, { ...facts, forbids: "fapolicyd" }).choice;
    expect(guarded).toEqual({ runtime: "bash", why: "fapolicyd lets only programs run that it knows" });
    const asked = loadSpec(Buffer.from(`${text}runtime: native\n`), "/etc/small.yaml");
    const codes = () => {
      try {
        return wrapperFor(asked, { ...facts, machine: "vax" });
      } catch (error) {
        return error instanceof InterposeError ? error.findings.map(({ code }) => code) : error;
      }
    };
    expect(codes()).toEqual(["no-program"]);
  });

  test("decides by what bash keeps for itself, and sets it, where it is a program; as a script it says that it can't", async () => {
    const at = await place();
    at.write(`routes:
  - name: seventh
    when: env("SHLVL") == "7"
    append: [seventh]
    env: { BASHPID: ours }
  - name: other
probe: []
`);
    done(await at.apply());
    const call = (level: string) => at.run(["env", `SHLVL=${level}`, at.binary, "a"]);
    expect((await call("7")).stdout).toBe("tool\na\nseventh\n");
    expect((await call("8")).stdout).toBe("tool\na\n");
    const { status, stderr } = await at.tool(["compile", at.file, "--as", "bash"]);
    expect(status).toBe(2);
    expect(stderr).toContain(":5:11: problem: A bash script can't ask for the variable SHLVL");
    expect(stderr).toContain("A bash script can't set the variable BASHPID");
    at.write(`runtime: bash\nroutes: [{ name: a, env: { UID: "1" } }]\n`);
    expect((await at.tool(["plan", at.file])).status).toBe(2);
  });

  test("a host that doesn't run the program is a gate, not an outage", async () => {
    const at = await place();
    // Each file that is written there is a program for another machine.
    const before = at.listing("content");
    at.write(`${passing}runtime: native\n`);
    const fake = `${at.folder}/fake`;
    await at.shell(
      `mkdir ${fake}; printf '#!/bin/sh\\n/usr/bin/head -c 40960 /dev/zero\\n' >${fake}/base64; chmod 755 ${fake}/base64`,
    );
    const { status, stderr } = await at.tool(["apply", at.file, "--yes"], {
      env: { PATH: `${fake}:${process.env.PATH}` },
    });
    expect(status).toBe(1);
    expect(stderr).toContain("`runtime: bash` in the file does without it");
    expect((await at.call("a")).stdout).toBe("tool\na\n");
    await at.shell(`rm -r ${fake}`);
    const plain = (text: string) => text.replace(/^small\.yaml .*$/m, "");
    expect(plain(at.listing("content"))).toBe(plain(before));
  });
});

test("status says that the file has changed since, until it is applied", async () => {
  const at = await place();
  done(await at.apply());
  expect(done(await at.tool(["status"])).stdout).not.toContain("has changed");
  appendFileSync(at.file, "# another line\n");
  const { stdout } = done(await at.tool(["status"]));
  expect(stdout).toContain(`${at.file} has changed since small was put in place`);
  expect(stdout).toContain(`interpose apply ${at.file}`);
  done(await at.apply());
  expect(done(await at.tool(["status"])).stdout).not.toContain("has changed");
  done(await at.rollback());
});

test("log: none logs nothing, and nothing complains of it", async () => {
  const at = await place();
  at.write(`${passing}log: none\n`);
  const applied = done(await at.apply());
  expect(applied.stdout).not.toContain("no record");
  expect((await at.call("a")).stdout).toBe("tool\na\n");
  expect(await at.shell("ls -A /tmp | grep -c '^interpose-[0-9]' || :")).toBe("0\n");
  expect(done(await at.tool(["verify", at.file])).stdout).not.toContain("log");
  done(await at.tool(["doctor", "small"]));
  done(await at.tool(["repair", "small", "--yes"]));
  done(await at.rollback());
});
