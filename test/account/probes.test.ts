/** What is run to see how a binary answers: nothing that isn't known to only answer, and nothing without bounds. */
import { describe, expect, test } from "vitest";
import { type Account, account } from "../support/account.ts";
import { canOverlay } from "../support/overlay-host.ts";
import { packageLines } from "../support/package.ts";

/** A job that does its work whatever it is asked. */
const job = `#!/bin/sh\necho "$0 $*" >>/opt/runs\necho done\n`;
const runs = (host: Account): Promise<string> => host.shell("cat /opt/runs 2>/dev/null || true");
const put = (path: string, text: string): string =>
  `printf %s '${text.replaceAll("'", "'\\''")}' >${path}; chmod 755 ${path}`;

describe.skipIf(!canOverlay)("to look at it", { timeout: 600_000 }, () => {
  test("a program that no package has is not run", async () => {
    const host = await account("binary: /opt/bin/job");
    await host.shell(`mkdir /opt/bin; ${put("/opt/bin/job", job)}; ${put("/opt/later", `${job}# later\n`)}`);
    expect(await host.tool("plan", "/opt/small.yaml")).toContain(
      "nothing, to see that it answers as before: no package has it",
    );
    await host.tool("init", "--binary", "/opt/bin/job", "--output", "/opt/new.yaml", "--yes");
    await host.tool("apply", "/opt/small.yaml", "--yes");
    await host.tool("verify", "/opt/small.yaml");
    await host.shell("mv /opt/later /opt/bin/job");
    await host.tool("repair", "small", "--yes");
    await host.tool("export", "sh", "/opt/small.yaml", "--output", "/opt/export.sh");
    await host.shell("sh /opt/export.sh apply; sh /opt/export.sh verify");
    await host.tool("rollback", "small", "--yes");
    await host.shell("sh /opt/export.sh apply; sh /opt/export.sh verify; sh /opt/export.sh rollback");
    expect(await runs(host)).toBe("");
  });

  test("a package's script is asked what its text has, and no more", async () => {
    const text = `#!/bin/sh\necho "$1" >>/opt/runs\ncase $1 in --help) echo usage ;; *) echo working ;; esac\n`;
    const host = await account("binary: /usr/bin/speaker");
    await host.shell(`${packageLines({ version: "1", text })}; dpkg -i /opt/speaker-1.deb`);
    expect(await host.tool("plan", "/opt/small.yaml")).toContain(
      "/usr/bin/speaker --help, twice each, as root",
    );
    await host.tool("apply", "/opt/small.yaml", "--yes");
    const first = await runs(host);
    expect(new Set(first.trim().split("\n"))).toEqual(new Set(["--help"]));
    await host.tool("rollback", "small", "--yes");
    await host.tool("export", "sh", "/opt/small.yaml", "--output", "/opt/export.sh");
    await host.shell("rm /opt/runs; sh /opt/export.sh apply");
    expect(await runs(host)).toBe(first);
    expect(await host.shell("sh /opt/export.sh apply")).toContain("Nothing to do");
  });

  test("a package's program in ELF is run four times", async () => {
    const host = await account("binary: /usr/bin/speaker");
    const source =
      '#include <stdio.h>\nint main(void) { FILE *f = fopen("/opt/runs", "a"); fputs("run\\n", f); puts("speaker"); return 0; }\n';
    await host.shell(
      `${packageLines({ version: "1" })}; ${put("/opt/speaker.c", source)}; gcc -o /opt/speaker-1/usr/bin/speaker /opt/speaker.c; dpkg-deb --root-owner-group -b /opt/speaker-1 /opt/speaker-1.deb; dpkg -i /opt/speaker-1.deb`,
    );
    await host.tool("apply", "/opt/small.yaml", "--yes");
    expect(await runs(host)).toBe("run\n".repeat(4));
  });

  test("what doesn't end is ended with all that it started, and what it prints is bounded", async () => {
    const host = await account("binary: /opt/bin/job", "probe: [--hang, --flood]");
    const text = [
      "#!/bin/sh",
      "case $1 in",
      "--hang) trap '' TERM; (trap '' TERM; exec sleep 4321) & cat >/opt/input; sleep 4321 ;;",
      "--flood) head -c 50000000 /dev/zero; du -sk /var/lib/interpose/small/work >>/opt/size ;;",
      "esac",
      "",
    ].join("\n");
    await host.shell(`mkdir /opt/bin; ${put("/opt/bin/job", text)}`);
    await host.tool("apply", "/opt/small.yaml", "--yes");
    const sizes = (await host.shell("cat /opt/size"))
      .trim()
      .split("\n")
      .map((line) => Number.parseInt(line, 10));
    expect(sizes.length).toBeGreaterThanOrEqual(2);
    expect(Math.max(...sizes)).toBeLessThan(1000);
    expect(await host.shell("cat /opt/input; grep -lz 432[1] /proc/[0-9]*/cmdline || true")).toBe("");
  });
});
