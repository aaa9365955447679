/** Debian's own tools on a private host: /usr, /etc and dpkg's database are laid over, so that packages can be installed. */
import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { PrivateHost } from "./private-host.ts";

/** Whether this machine has the tools, and the tests may use them. */
export const isDebian = (() => {
  try {
    execFileSync("dpkg-query", ["--version"], { stdio: "ignore" });
    return process.getuid?.() === 0;
  } catch {
    return false;
  }
})();

export async function layOver({ shell }: PrivateHost): Promise<void> {
  const lines = ["/usr", "/etc", "/var/lib/dpkg"].map((folder, index) => {
    const at = `.host/over/${index}`;
    const options = `lowerdir=${folder},upperdir=${at}/upper,workdir=${at}/work`;
    return `mkdir -p ${at}/upper ${at}/work; mount -t overlay overlay -o ${options} ${folder}`;
  });
  await shell(["mkdir .host/over; mount -t tmpfs tmpfs .host/over", ...lines].join("\n"));
}

/** The path of a package's file, from Debian's archive. */
export function download(name: string, folder: string): string {
  const fetch = () => execFileSync("apt-get", ["download", "-qq", name], { cwd: folder, stdio: "ignore" });
  try {
    fetch();
  } catch {
    execFileSync("apt-get", ["update", "-qq"], { stdio: "ignore" });
    fetch();
  }
  const file = readdirSync(folder).find((one) => one.startsWith(`${name}_`) && one.endsWith(".deb"));
  if (file === undefined) throw new Error(`apt-get brought no ${name}`);
  return join(folder, file);
}
