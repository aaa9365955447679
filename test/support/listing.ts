/** What a folder holds, as text that is compared before and after. */
import { lstatSync, readdirSync, readlinkSync } from "node:fs";
import { join } from "node:path";

export interface ListingOptions {
  /**
   * `all`: with the times of every file and folder, so that nothing can have been touched. `content`: without the
   * times that change when a name is given to a file, or taken away, and that no program can set back.
   */
  times: "all" | "content";
  /** Relative paths of folders whose insides are left out, and whose times are. */
  without?: string[];
}

/** A line for each file and folder below, sorted by path. */
export function listing(folder: string, { times, without = [] }: ListingOptions): string {
  const lines: string[] = [];
  const visit = (relative: string) => {
    const path = join(folder, relative);
    const stat = lstatSync(path, { bigint: true });
    const { mode, uid, gid, ino, nlink, size, mtimeNs, ctimeNs } = stat;
    const words = [relative || ".", mode.toString(8), `${uid}:${gid}`, `inode ${ino}`, `links ${nlink}`];
    const left = without.includes(relative);
    if (stat.isDirectory()) {
      if (times === "all" && !left) words.push(`modified ${mtimeNs}`, `changed ${ctimeNs}`);
    } else {
      words.push(`size ${size}`, `modified ${mtimeNs}`);
      if (times === "all") words.push(`changed ${ctimeNs}`);
    }
    if (stat.isSymbolicLink()) words.push(`to ${readlinkSync(path)}`);
    lines.push(words.join(" "));
    if (stat.isDirectory() && !left)
      for (const name of readdirSync(path).sort()) visit(relative === "" ? name : `${relative}/${name}`);
  };
  visit("");
  return lines.join("\n");
}
