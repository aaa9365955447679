/** The commands of docs/export.md are run, with hosts that are named as there. */
import { appendFileSync, chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, inject, test } from "vitest";
import { canFleet, openFleet } from "../support/fleet.ts";

const text = readFileSync("docs/export.md", "utf8");
const blocks = (language: string) =>
  [...text.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].flatMap(([, found, block = ""]) =>
    found === language ? [block] : [],
  );

test.skipIf(!canFleet)("docs/export.md does what it says", { timeout: 180_000 }, async () => {
  const binary = "/usr/local/bin/whisper-ctranslate2";
  const fleet = await openFleet(
    3,
    `printf '#!/bin/sh\\necho whisper "$@"\\n' >${binary}; chmod 755 ${binary}`,
  );
  try {
    const [host] = fleet.hosts;
    for (const [index, name] of ["cortex", "medulla", "amygdala"].entries())
      appendFileSync(
        join(fleet.folder, "config"),
        `\nHost ${name}\n  HostName ${fleet.hosts[index]?.address}\n  User oper\n`,
      );
    writeFileSync(join(fleet.folder, "whisper.yaml"), blocks("yaml")[0] ?? "");
    const interpose = join(fleet.folder, "bin/interpose");
    writeFileSync(interpose, `#!/bin/sh\nexec '${process.execPath}' '${inject("interpose")}' "$@"\n`);
    chmodSync(interpose, 0o755);
    const env = {
      ANSIBLE_HOME: join(fleet.folder, "ansible"),
      ANSIBLE_LOCAL_TEMP: join(fleet.folder, "ansible"),
      ANSIBLE_SSH_CONTROL_PATH_DIR: join(fleet.folder, "cp"),
      ANSIBLE_SSH_TRANSFER_METHOD: "piped",
    };
    const commands = blocks("sh").flatMap((block) => block.trim().split("\n"));
    expect(commands.length).toBeGreaterThan(8);
    const changes = (command: string) => !/--check|verify|export|cat >/.test(command);
    for (const command of commands) {
      const before = await host?.shell(`${binary} a`);
      const ran = await fleet.run(["sh", "-euc", command], { env });
      expect(ran, command).toMatchObject({ status: 0, stderr: "" });
      const after = await host?.shell(`${binary} a`);
      expect(before === after, command).toBe(!changes(command));
    }
    expect(await host?.shell(`${binary} a`)).toBe("whisper a\n");
  } finally {
    await fleet.close();
  }
});
