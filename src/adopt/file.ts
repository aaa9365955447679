/** The file of an interception that was made by hand, with comments. */
import { stringify } from "yaml";
import { isApart } from "../spec/spec.ts";

export interface AdoptedFile {
  host: string;
  /** When it isn't the default. */
  sudo: string | undefined;
  name: string;
  binary: string;
  wrapper: string;
  realSuffix: string;
  script: string;
  /** Whether the script stood at the binary's path itself, so that it has another path now. */
  direct: boolean;
  /** Arguments that only make it print something. */
  probe: string[];
}

export function writeAdoptedFile(file: AdoptedFile): string {
  const { host, sudo, name, binary, wrapper, realSuffix, script, direct, probe } = file;
  const line = (key: string, value: string | string[]) =>
    stringify({ [key]: value }, { lineWidth: 0 }).trimEnd();
  return `${[
    "# An interception that was made by hand, and adopted. What it would do: interpose plan; back to how it was by hand:",
    "# interpose rollback; back to the real binary: interpose rollback --bare.",
    "# yaml-language-server: $schema=https://unpkg.com/interpose/dist/schema.json",
    "",
    line("name", name),
    ...(host === "localhost" ? [] : [line("host", host)]),
    ...(sudo === undefined ? [] : [line("sudo", sudo)]),
    `# The path that callers use; the real binary is ${binary}${realSuffix}, as before.`,
    line("binary", binary),
    line("wrapper", wrapper),
    line("realSuffix", realSuffix),
    // That is where they are.
    ...(isApart({ binary }) ? [line("names", "beside")] : []),
    "",
    `# What was made by hand${direct ? `, and stood at ${binary}` : ""}. It is run as it is, and ends in the real binary by itself. Without`,
    "# this line the wrapper ends in the real binary, and what the script does is left to the routes below.",
    line("script", script),
    "",
    ...(probe.length === 0
      ? []
      : ["# Each is tried alone, to see that it answers as before.", line("probe", probe), ""]),
    "# Tried in order before the script; the first whose condition holds is taken, and the last one has none.",
    "routes:",
    "  - name: pass",
  ].join("\n")}\n`;
}
