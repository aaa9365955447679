/**
 * Disks in memory whose power can be cut: of each, the image has what its file system has written by then, so a copy
 * of that is what a machine finds when it starts again.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import type { PrivateHost } from "../support/private-host.ts";

/**
 * None of them writes by itself while a test runs. Copies of one have the same name to the kernel, which mounts but one
 * of btrfs's at once.
 */
const kinds = {
  ext4: {
    ...{ size: "16M", make: "mkfs.ext4 -q -F -E lazy_itable_init=0,lazy_journal_init=0" },
    ...{ options: "commit=900", atOnce: 20 },
  },
  xfs: { size: "32M", make: "mkfs.xfs -q --unsupported", options: "nouuid", atOnce: 20 },
  btrfs: { size: "128M", make: "mkfs.btrfs -q -m single", options: "commit=900", atOnce: 1 },
};
export type FileSystem = keyof typeof kinds;
export const fileSystems = Object.keys(kinds) as FileSystem[];

export const isKnown = (kind: FileSystem): boolean =>
  new RegExp(`\t${kind}$`, "m").test(readFileSync("/proc/filesystems", "utf8"));

/** What is at a path below a disk's root. */
export interface Entry {
  kind: "file" | "link" | "folder";
  mode: number;
  /** The inode's number, but for folders. */
  inode: number;
  /** What the file holds, or where the link leads. */
  content: Buffer;
}

/** All that is on a disk, by path. */
export type Tree = Map<string, Entry>;

export interface Disk {
  /** Where it is mounted, as the host has it. */
  place: string;
  /** What programs see, though a part of it may be nowhere but in memory. */
  seen(): Tree;
  /** A copy of what is on the disk now; the same one until more is written. */
  copy(): string;
  /** Makes it what a copy holds; while it is not mounted. */
  restore(copy: string): void;
  /** Removes all copies. */
  forget(): void;
}

export interface Disks {
  each: Disk[];
  mount(): Promise<void>;
  unmount(): Promise<void>;
  /** What a machine that starts again finds on each of the copies; while none of the disks is mounted. */
  found(copies: string[]): Promise<Map<string, Tree>>;
}

/** A disk for each of the places, which are empty folders of the host; mounted. */
export async function makeDisks(host: PrivateHost, kind: FileSystem, places: string[]): Promise<Disks> {
  const { size, make, options, atOnce } = kinds[kind];
  const folder = join(host.folder, "disks");
  mkdirSync(host.inside(folder));
  const mounting = (image: string, place: string) =>
    `mount -t ${kind} -o loop,${options} '${image}' '${place}'`;
  const forget = () => host.shell(kind === "btrfs" ? "btrfs device scan --forget >/dev/null" : ":");

  const each = await Promise.all(
    places.map(async (place, number): Promise<Disk> => {
      const image = join(folder, `${number}.img`);
      await host.shell(`truncate -s ${size} '${image}' && ${make} '${image}' >/dev/null 2>&1`);
      const copies = new Map<string, string>();
      return {
        place,
        seen: () => treeOf(host.inside(place)),
        copy() {
          for (;;) {
            const written = stampOf(host.inside(image));
            const known = copies.get(written);
            if (known) return known;
            const copy = `${image}.${copies.size}`;
            copyImage(host.inside(image), host.inside(copy));
            // What was written meanwhile may be in it by half.
            if (stampOf(host.inside(image)) !== written) continue;
            copies.set(written, copy);
            return copy;
          }
        },
        restore: (copy) => copyImage(host.inside(copy), host.inside(image)),
        forget() {
          for (const old of copies.values()) rmSync(host.inside(old));
          copies.clear();
        },
      };
    }),
  );
  const disks: Disks = {
    each,
    async mount() {
      await forget();
      await host.shell(
        places.map((place, number) => mounting(join(folder, `${number}.img`), place)).join("; "),
      );
    },
    async unmount() {
      await host.shell(places.map((place) => `umount '${place}'`).join("; "));
    },
    async found(copies) {
      const trees = new Map<string, Tree>();
      for (let at = 0; at < copies.length; at += atOnce) {
        const now = copies.slice(at, at + atOnce);
        await forget();
        await host.shell(now.map((copy) => `mkdir ${copy}.d; ${mounting(copy, `${copy}.d`)}`).join("\n"));
        for (const copy of now) trees.set(copy, treeOf(host.inside(`${copy}.d`)));
        await host.shell(now.map((copy) => `umount ${copy}.d; rmdir ${copy}.d`).join("\n"));
      }
      return trees;
    },
  };
  await disks.mount();
  return disks;
}

/** Makes an empty folder hold the tree. */
export function plant(tree: Tree, folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  for (const [path, { kind, mode, content }] of tree) {
    const at = join(folder, path);
    if (kind === "folder") mkdirSync(at);
    else if (kind === "link") symlinkSync(content, at);
    else writeFileSync(at, content);
    if (kind !== "link") chmodSync(at, mode);
  }
}

/** A line for each path: two that hold the same have the same. */
export const describeTree = (tree: Tree): string =>
  [...tree]
    .map(([path, { kind, mode, inode, content }]) =>
      [
        ...[path, kind, mode.toString(8), inode],
        kind === "link" ? `to ${content}` : createHash("sha256").update(content).digest("hex").slice(0, 12),
      ].join(" "),
    )
    .sort()
    .join("\n");

// ---

/** Tells one state of an image from the next; a copy that was begun in between is made again. */
function stampOf(image: string): string {
  // The kernel gives a write another time than the one before it once that was asked for.
  const { mtimeNs, blocks } = statSync(image, { bigint: true });
  return `${mtimeNs} ${blocks}`;
}

function copyImage(from: string, to: string): void {
  const { status, stderr } = spawnSync("cp", ["--sparse=always", from, to], { encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
}

function treeOf(root: string): Tree {
  const tree: Tree = new Map();
  const visit = (relative: string) => {
    for (const name of readdirSync(join(root, relative)).sort()) {
      const path = join(relative, name);
      if (path === "lost+found" || path === "dpkg") continue;
      const at = join(root, path);
      const stat = lstatSync(at);
      const mode = stat.mode & 0o7777;
      if (stat.isSymbolicLink())
        tree.set(path, { kind: "link", mode, inode: stat.ino, content: Buffer.from(readlinkSync(at)) });
      else if (stat.isDirectory()) {
        tree.set(path, { kind: "folder", mode, inode: 0, content: Buffer.alloc(0) });
        visit(path);
      } else tree.set(path, { kind: "file", mode, inode: stat.ino, content: readFileSync(at) });
    }
  };
  visit("");
  return tree;
}
