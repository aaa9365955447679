/** For which machine a program in ELF is made, and whether it can be run on another. Pure. */

export interface MachineFacts {
  /** The first bytes of the program, in hex. */
  header: string;
  /** Those of a program that does run there. */
  own: string;
  /** What /proc/sys/fs/binfmt_misc has, a paragraph each. */
  handlers: string;
}

/** By the number of the machine in ELF's header, and the order of bytes. */
export const machineNames: Record<string, string> = {
  "3 little": "x86 of 32 bits",
  "62 little": "x86-64",
  "40 little": "ARM of 32 bits",
  "183 little": "ARM of 64 bits",
  "243 little": "RISC-V",
  "21 little": "PowerPC of 64 bits, little-endian",
  "21 big": "PowerPC of 64 bits",
  "22 big": "s390x",
  "258 little": "LoongArch",
};

/** Nothing when the program is for this machine, or can be run there in some way. */
export function otherMachine({
  header,
  own,
  handlers,
}: MachineFacts): { theirs: string; ours: string } | undefined {
  const [theirs, ours] = [machineOf(header), machineOf(own)];
  if (theirs === undefined || ours === undefined || theirs.key === ours.key) return undefined;
  // Many kernels run the older programs of their family too.
  if (families.some((family) => family.includes(theirs.key) && family.includes(ours.key))) return undefined;
  if (handlers.split("\n\n").some((handler) => takes(handler, header))) return undefined;
  return { theirs: theirs.name, ours: ours.name };
}

// ---

const families = [
  ["3 little", "62 little"],
  ["40 little", "183 little"],
  ["20 big", "21 big"],
  ["2 big", "18 big", "43 big"],
];

/** @param header in hex */
function machineOf(header: string): { key: string; name: string } | undefined {
  const bytes = Buffer.from(header, "hex");
  if (bytes.length < 20 || bytes.toString("latin1", 0, 4) !== "\u007fELF") return undefined;
  const key = bytes[5] === 2 ? `${bytes.readUInt16BE(18)} big` : `${bytes.readUInt16LE(18)} little`;
  return { key, name: machineNames[key] ?? `the machine ${key}-endian of ELF` };
}

/** Whether a handler of binfmt_misc takes what begins so. */
function takes(handler: string, header: string): boolean {
  const lines = handler.trim().split("\n");
  const value = (name: string) => lines.find((line) => line.startsWith(`${name} `))?.slice(name.length + 1);
  const magic = value("magic");
  if (lines[0] !== "enabled" || magic === undefined) return false;
  const [wanted, mask] = [Buffer.from(magic, "hex"), Buffer.from(value("mask") ?? "", "hex")];
  const bytes = Buffer.from(header, "hex").subarray(Number(value("offset") ?? 0));
  return wanted.every((byte, at) => ((byte ^ (bytes[at] ?? ~byte)) & (mask[at] ?? 0xff)) === 0);
}
