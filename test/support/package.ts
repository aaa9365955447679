/** Packages of Debian's kind, made and installed on a machine of the test's own. */

export interface PackageOptions {
  version: string;
  /** The path of its program. */
  path?: string;
  /** The program; one that tells its version and its arguments unless given. */
  text?: string;
  /** What is done when it was installed. */
  postinst?: string;
}

/** Lines of sh that make `/opt/speaker-VERSION.deb`. */
export function packageLines({
  version,
  path = "/usr/bin/speaker",
  text = `#!/bin/sh\ncase \${1-} in --version) echo speaker ;; --help) echo usage ;; *) echo ${version} "$@" ;; esac\n`,
  postinst,
}: PackageOptions): string {
  const at = `/opt/speaker-${version}`;
  const control = [
    "Package: speaker",
    `Version: ${version}`,
    "Architecture: all",
    "Maintainer: a <a@example.org>",
    "Description: speaks",
  ];
  const quoted = (word: string) => `'${word.replaceAll("'", "'\\''")}'`;
  return [
    `mkdir -p ${at}/DEBIAN "$(dirname ${at}${path})"`,
    `printf '%s\\n' ${control.map(quoted).join(" ")} >${at}/DEBIAN/control`,
    `printf %s ${quoted(text)} >${at}${path}`,
    `chmod 755 ${at}${path}`,
    `(cd ${at} && find . -path ./DEBIAN -prune -o -type f -exec md5sum {} + | sed 's|  ./|  |' >DEBIAN/md5sums)`,
    ...(postinst === undefined
      ? []
      : [
          `printf '#!/bin/sh\\nset -e\\n%s\\n' ${quoted(postinst)} >${at}/DEBIAN/postinst; chmod 755 ${at}/DEBIAN/postinst`,
        ]),
    `dpkg-deb --root-owner-group -b ${at} ${at}.deb >/dev/null`,
  ].join("\n");
}
