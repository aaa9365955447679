/** A disk that is full, or turns read-only, before or in the middle of a run. */
import { describe, expect, test } from "vitest";
import { can } from "../support/private-host.ts";
import { disturb, type Trouble } from "./disturb.ts";
import { ground } from "./ground.ts";
import { compiledPrograms } from "./programs.ts";
import { expectRow } from "./table.ts";

const programs = compiledPrograms();

/** All of the host is on one small file system; how it is filled, and emptied. */
const fill = "{ head -c 64M /dev/zero >home/fill || :; } 2>/dev/null";
const useUp = "{ count=0; while echo >home/fill.$count; do count=$((count + 1)); done; } 2>/dev/null; :";
const empty = "rm -f home/fill home/fill.*";

const leave = (kibibytes: number): Trouble => ({
  begin: `${fill}; truncate -s -${kibibytes}K home/fill`,
  end: empty,
});

/** A mount of its own, so that nothing else turns read-only; it can't while a file there is being written. */
const readOnly = (folder: string): Trouble => ({
  begin: `mount -o remount,bind,ro ${folder}`,
  end: `mount -o remount,bind,rw ${folder}`,
});

const everySeventh = (operations: number) =>
  Array.from({ length: operations }, (_, index) => index + 1).filter((number) => number % 7 === 1);

describe.skipIf(!can.mount)("a run", { timeout: 600_000 }, () => {
  const small = "8m,nr_inodes=200";
  test.each([
    ["the disk is full from one operation on", [{ begin: fill, end: empty }], everySeventh],
    ["no file can be made from one operation on", [{ begin: `${fill}; ${useUp}`, end: empty }], everySeventh],
    [
      "the disk has 8 to 64 KiB left",
      Array.from({ length: 8 }, (_, index) => leave(8 * (index + 1))),
      () => Array<number>(8).fill(0),
    ],
    ["the binary's folder turns read-only", [readOnly("bin")], everySeventh],
    ["the folder of the state turns read-only", [readOnly("/var/lib")], everySeventh],
  ] as [
    string,
    Trouble[],
    (operations: number) => number[],
  ][])("loses nothing when %s", async (title, troubles, numbers) => {
    const at = await ground({ kind: "program", keepName: "yes", programs: programs(), size: small });
    await at.host.shell("mount --bind bin bin");
    const { tally, problems } = await disturb(at, troubles, numbers);
    expect(problems).toEqual([]);
    expect(tally).toMatchObject({ missed: 0, lost: 0 });
    expectRow(title, tally);
  });
});
