/** Programs that take each NAME-* on PATH for a subcommand: helper names of theirs are in a directory of their own. */
import { writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { canOverlay, type OverlayHost, overlayHost } from "../support/overlay-host.ts";

const file = "/root/guard.yaml";
const own = "/usr/bin/.git.interpose";

async function withGit(more = ""): Promise<OverlayHost> {
  const host = await overlayHost();
  // A file of a lower layer would get another inode with its first link.
  await host.shell("cd /usr/bin; cp -a git git.up; mv git.up git");
  await host.shell(`cat >${file} <<'END'
name: git-guard
binary: /usr/bin/git
routes: [{ name: pass, env: { GIT_AUTHOR_NAME: guarded } }]
${more}
END`);
  return host;
}

const subcommands = (host: OverlayHost) =>
  host.shell("git help -a | sed -n '/External commands/,$p'; ls /usr/bin | grep '^git'");

async function ok(host: OverlayHost, ...words: string[]) {
  const { status, stderr, stdout } = await host.interpose(...words);
  expect({ status, stderr }, stdout).toEqual({ status: 0, stderr: "" });
  return stdout;
}

describe.runIf(canOverlay)("names off PATH", { timeout: 200_000 }, () => {
  test("git lists none of ours, where beside it would: and all goes as ever, an upgrade and a repair too", async () => {
    const host = await withGit();
    const before = await subcommands(host);
    const left = await host.shell(
      "ls -A /usr/bin | sha256sum; stat -c '%i %h %a' /usr/bin/git; dpkg-divert --list '*git'",
    );
    const plan = await ok(host, "plan", file);
    expect(plan).toContain(`${own}/`);
    await ok(host, "apply", file, "--yes");
    expect(await subcommands(host)).toBe(before);
    expect(await host.shell(`ls -A ${own}`)).toBe(".git-guard.name\ngit-guard\ngit-real\n");
    expect(await host.shell("readlink /usr/bin/git")).toBe(`${own}/git-guard\n`);
    expect(
      await host.shell("cd /tmp && git init -q x && cd x && git var GIT_AUTHOR_IDENT 2>&1 | cut -d' ' -f1"),
    ).toBe("guarded\n");
    expect(await host.shell("dpkg-divert --truename /usr/bin/git")).toBe(`${own}/git-real\n`);
    expect(await ok(host, "status")).toContain("intact");
    expect(await ok(host, "doctor", "git-guard")).not.toContain("problem");
    expect(await ok(host, "apply", file, "--yes")).toContain("Nothing to do");
    await ok(host, "verify", file);
    // What dpkg does for an upgrade, and then one that goes past it.
    await host.shell(
      `cp -p ${own}/git-real ${own}/git-real.dpkg-new; mv ${own}/git-real.dpkg-new ${own}/git-real`,
    );
    await ok(host, "repair", "git-guard", "--yes");
    await host.shell(`cp -p ${own}/git-real /usr/bin/new; mv -T /usr/bin/new /usr/bin/git`);
    await ok(host, "repair", "git-guard", "--yes");
    expect(await subcommands(host)).toBe(before);
    await ok(host, "rollback", "git-guard", "--yes");
    const after = await host.shell("ls -A /usr/bin | sha256sum; dpkg-divert --list '*git'");
    expect(after).toBe(left.replace(/^\d+ \d+ \d+\n/m, ""));
    expect(await host.shell("git --version")).toMatch(/^git version/);
  });

  test("beside is the naive way: git takes them for subcommands", async () => {
    const host = await withGit("names: beside");
    const before = await subcommands(host);
    await ok(host, "apply", file, "--yes");
    const now = await subcommands(host);
    expect(now).not.toBe(before);
    expect(now).toContain("guard");
    await ok(host, "rollback", "git-guard", "--yes");
    expect(await subcommands(host)).toBe(before);
  });

  test("the path's other name is the same one: told as ours, with its name", async () => {
    const host = await withGit();
    await ok(host, "apply", file, "--yes");
    await host.shell(`sed 's/git-guard/other/; s,/usr/bin,/bin,' ${file} >/root/other.yaml`);
    const { status, stderr } = await host.interpose("plan", "/root/other.yaml");
    expect(status).toBe(1);
    expect(stderr).toContain("/bin/git belongs to the interception git-guard.");
    expect(await ok(host, "status", "--all")).not.toContain("/bin/git  ");
  });

  test("an exported script makes and takes away the same", async () => {
    const host = await withGit("runtime: bash");
    const all = "ls -A /usr/bin; dpkg-divert --list '*git'";
    const before = await host.shell(all);
    const script = await ok(host, "export", "sh", file);
    writeFileSync(host.inside("/root/guard.sh"), script);
    await host.shell("sh /root/guard.sh apply");
    expect(await host.shell(`ls -A ${own}`)).toContain("git-guard\ngit-real\n");
    expect(await ok(host, "apply", file, "--yes")).toContain("Nothing to do");
    await host.shell("sh /root/guard.sh rollback");
    expect(await host.shell(all)).toBe(before);
  });

  test("a policy that is damaged runs the real binary from there, and what was there before is nobody's", async () => {
    const host = await withGit();
    await ok(host, "apply", file, "--yes");
    await host.shell(
      `cd ${own}; cp git-guard damaged; printf X | dd of=damaged bs=1 seek=$(($(stat -c %s damaged) - 65536)) conv=notrunc 2>/dev/null; chmod 755 damaged; mv damaged git-guard`,
    );
    expect(await host.shell("git --version")).toMatch(/^git version/);
    const other = await withGit();
    await other.shell(`mkdir ${own}`);
    const refused = await other.interpose("apply", file, "--yes");
    expect(refused.status).toBe(1);
    expect(refused.stderr).toContain(`${own} is there already`);
  });
});
