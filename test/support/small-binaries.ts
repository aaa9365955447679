/** Binaries of the kinds that are intercepted, small and quick, each in a folder of its own. */
import { chmodSync, copyFileSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export interface SmallBinary {
  title: string;
  /** Makes it in `bin` of the folder, as `tool`. */
  make(folder: string): void;
  /** Whether it has to be run under its old name to print the same. */
  named: boolean;
}

export function script(path: string, text: string): void {
  writeFileSync(path, text);
  chmodSync(path, 0o755);
}

export const smallBinaries: SmallBinary[] = [
  {
    title: "an ELF binary",
    named: true,
    make: (folder) => {
      copyFileSync("/usr/bin/printf", join(folder, "bin/tool"));
      chmodSync(join(folder, "bin/tool"), 0o755);
    },
  },
  {
    title: "a Python console script",
    named: true,
    make: (folder) =>
      script(
        join(folder, "bin/tool"),
        `#!/usr/bin/python3 -S
import os, sys
name = os.path.basename(sys.argv[0])
if "--help" in sys.argv: print("usage:", name, "[options]")
elif "--version" in sys.argv: print(name, "1.0")
else: print("\\n".join(sys.argv[1:]))
`,
      ),
  },
  {
    title: 'a bash script that finds its files by dirname "$0"',
    named: false,
    make: (folder) => {
      writeFileSync(join(folder, "bin/tool.words"), "words of the tool\n");
      script(
        join(folder, "bin/tool"),
        '#!/bin/bash\ncat "$(dirname "$0")/tool.words" || exit 3\nprintf "%s\\n" "$@"\n',
      );
    },
  },
  {
    title: "a script behind a relative link",
    named: false,
    make: (folder) => {
      mkdirSync(join(folder, "lib"));
      script(join(folder, "lib/tool.sh"), '#!/bin/sh\nprintf "%s\\n" "tool of lib" "$@"\n');
      symlinkSync("../lib/tool.sh", join(folder, "bin/tool"));
    },
  },
];
