/** A wrapper that was given a set-id bit runs with those rights: nothing that its caller steers is followed. */
import { copyFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { nativeFile } from "../support/install.ts";
import { compileFixture } from "../support/native-place.ts";
import { can, type PrivateHost, privateHost, type Ran } from "../support/private-host.ts";
import { sharedFolder } from "../support/scratch.ts";

/** Nobody on this machine. */
const [caller, owner] = ["61234", "61235"];

let tell: string;
beforeAll(() => {
  tell = compileFixture("native-tell", join(sharedFolder(), "tell"));
});

const policy = `
log: none
facts:
  length: { mediaDuration: operand(0) }
routes:
  - name: steered
    when: env("STEER") == "yes"
    append: [--steered]
  - name: measured
    when: length < duration("1h")
    append: [--measured]
  - name: rest
onError: rest
`;

describe.skipIf(!can.beRoot)("a wrapper with the set-user-id bit", () => {
  let host: PrivateHost;
  /** Where the interception is, and a directory that the caller may write to. */
  let bin: string;
  let own: string;
  let file: Buffer;
  const see = (path: string) => host.inside(path);
  const marker = () => join(own, "marker");

  beforeEach(async () => {
    host = await privateHost();
    // Where such bits count, whatever the machine's own scratch directory is mounted with.
    await host.shell(
      "mkdir set; mount -t tmpfs -o suid,mode=755 tmpfs set; mkdir set/bin set/own; chmod 777 set/own",
    );
    bin = join(host.folder, "set/bin");
    own = join(host.folder, "set/own");
    file = nativeFile(`name: tool\nbinary: ${bin}/tool\nwrapper: ${bin}/wrapper${policy}`, "/tool.yaml");
    copyFileSync(tell, see(`${bin}/tool-real`));
    await put(file);
    await host.shell(`ln -s wrapper ${bin}/tool; ln -s ${bin}/tool ${own}/tool`);
    await evil(`${own}/ffprobe`);
    writeFileSync(see(`${own}/file.wav`), "anything");
  });

  async function put(bytes: Buffer): Promise<void> {
    writeFileSync(see(`${bin}/wrapper`), bytes);
    await host.shell(`chown ${owner}:${owner} ${bin}/wrapper; chmod 4755 ${bin}/wrapper`);
  }

  /** A program of the caller's that tells with whose rights it runs. */
  async function evil(path: string): Promise<void> {
    writeFileSync(see(path), `#!/bin/sh\nid -u >>'${marker()}'\necho 1.000000\n`);
    await host.shell(`chmod 755 ${path}`);
  }

  const call = (path: string, ...words: string[]): Promise<Ran> =>
    host.run(["setpriv", `--reuid=${caller}`, `--regid=${caller}`, "--clear-groups", path, ...words], {
      env: { PATH: `${own}:/usr/bin:/bin`, STEER: "yes" },
    });

  const wordsIn = ({ stdout }: Ran) => {
    const [count, , ...words] = stdout.split("\0");
    return words.slice(0, Number(count) - 1);
  };

  test("has the rights of its owner, or nothing below says anything", async () => {
    copyFileSync("/usr/bin/id", see(`${bin}/tool-real`));
    expect(await call(`${bin}/tool`, "-u")).toEqual({ status: 0, stdout: `${owner}\n`, stderr: "" });
  });

  test("reads no variable, and asks no program of the caller's PATH", async () => {
    const ran = await call(`${bin}/tool`, `${own}/file.wav`);
    expect(ran).toMatchObject({ status: 0, stderr: "" });
    expect(wordsIn(ran)).toEqual([`${own}/file.wav`]);
    expect(existsSync(see(marker()))).toBe(false);
  });

  test("does both without the bit, or the test before says nothing", async () => {
    await host.shell(`chmod 755 ${bin}/wrapper`);
    expect(wordsIn(await call(`${bin}/tool`, `${own}/file.wav`))).toEqual([`${own}/file.wav`, "--steered"]);
  });

  test("runs nothing beside the caller's own link to it, where its policy is damaged", async () => {
    await put(file.subarray(0, file.lastIndexOf("interpose policy 1, from ")));
    await evil(`${own}/tool-real`);
    expect(await call(`${own}/tool`)).toMatchObject({ status: 127, stdout: "" });
    expect(existsSync(see(marker()))).toBe(false);
  });

  test("runs nothing that the caller puts at its own link meanwhile", async () => {
    await evil(`${own}/tool-real`);
    await evil(`${own}/new`);
    await host.shell(`rm ${bin}/tool-real`);
    const ended = call(`${own}/tool`);
    // Again and again, so that one of them is at the moment when it looks.
    await host.shell(
      `cd ${own}; for at in 1 2 3 4 5 6 7 8 9 10; do cp -p new next; mv -T next tool; sleep 0.02; done`,
    );
    expect(await ended).toMatchObject({ stdout: "" });
    for (let times = 0; times < 5; times += 1) {
      await host.shell(`ln -sfT ${bin}/tool ${own}/tool`);
      const again = call(`${own}/tool`);
      await host.shell(`sleep 0.0${times}5; mv -T ${own}/new ${own}/tool; cp -p ${own}/tool ${own}/new`);
      await again;
    }
    const ran = existsSync(see(marker())) ? readFileSync(see(marker()), "utf8") : "";
    // Called once it is there, it runs with its caller's own rights.
    expect(ran).not.toContain(owner);
  });

  test("gives no rights to a script that has no first line", async () => {
    writeFileSync(see(`${bin}/tool-real`), "id -u\n");
    expect(await call(`${bin}/tool`)).toMatchObject({ status: 126, stdout: "" });
  });
});
