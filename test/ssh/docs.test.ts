/** The commands of docs/hosts.md are run, with a host that is named as there. */
import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { canFleet, openFleet } from "../support/fleet.ts";

const text = readFileSync("docs/hosts.md", "utf8");
const blocks = (language: string) =>
  [...text.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].flatMap(([, found, block = ""]) =>
    found === language ? [block] : [],
  );

test.skipIf(!canFleet)("docs/hosts.md does what it says", { timeout: 120_000 }, async () => {
  const fleet = await openFleet(3);
  try {
    const [host] = fleet.hosts;
    for (const [index, name] of ["cortex", "medulla", "amygdala"].entries()) {
      const one = fleet.hosts[index];
      await one?.shell("printf '#!/bin/sh\\necho whisper \"$@\"\\n' >/usr/local/bin/whisper-ctranslate2");
      await one?.shell("chmod 755 /usr/local/bin/whisper-ctranslate2");
      appendFileSync(
        join(fleet.folder, "config"),
        `\nHost ${name}\n  HostName ${one?.address}\n  User oper\n`,
      );
    }
    writeFileSync(join(fleet.folder, "whisper.yaml"), blocks("yaml")[0] ?? "");
    writeFileSync(join(fleet.folder, "fleet.yaml"), blocks("yaml")[1] ?? "");
    const commands = blocks("sh").flatMap((block) => block.trim().split("\n"));
    expect(commands.length).toBeGreaterThan(8);
    for (const command of commands) {
      expect(command).toMatch(/^interpose /);
      const ran = await fleet.interpose(command.split(" ").slice(1));
      expect(ran, command).toMatchObject({ status: 0, stderr: "" });
    }
    expect(await host?.shell("whisper-ctranslate2 a")).toBe("whisper a\n");
  } finally {
    await fleet.close();
  }
});
