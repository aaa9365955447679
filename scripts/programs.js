/**
 * Builds the wrapper's program from wrapper/, for this machine or for all that have a compiler here.
 *
 *   node scripts/programs.js [--all] [DIRECTORY]    into dist/programs unless another directory is given
 *
 * A program is written up to where the policy begins: what a wrapper is made of is this file, and the policy behind it.
 * Its header promises a segment of a size for the policy, so there is one program for each size. The same source gives
 * the same bytes in any directory, umask, locale and time zone.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** Machines by the kernel's name, as `uname -m` prints it, and the compilers that build for them. */
const machines = {
  x86_64: { compilers: ["x86_64-linux-gnu-gcc"], flags: [] },
  i686: { compilers: ["i686-linux-gnu-gcc"], flags: ["-march=i686"] },
  aarch64: { compilers: ["aarch64-linux-gnu-gcc"], flags: ["-mno-outline-atomics"] },
  armv7l: { compilers: ["arm-linux-gnueabihf-gcc"], flags: ["-marm"] },
  riscv64: { compilers: ["riscv64-linux-gnu-gcc"], flags: ["-msmall-data-limit=0", "-mno-relax"] },
};

/** Bytes for the policy; the larger program is for files that don't fit into the smaller one's. */
export const policySizes = [64 * 1024, 1024 * 1024];

const flags = [
  ...["-std=gnu11", "-O2", "-flto", "-Wall", "-Wextra", "-Werror", "-ffreestanding", "-fno-stack-protector"],
  ...["-fno-pic", "-fno-pie", "-fno-asynchronous-unwind-tables", "-fno-unwind-tables"],
  ...["-fno-tree-loop-distribute-patterns", "-ffunction-sections", "-fdata-sections", "-fno-ident"],
  ...["-fomit-frame-pointer", "-fno-jump-tables", "-U_FORTIFY_SOURCE"],
];

const source = fileURLToPath(new URL("../wrapper", import.meta.url));

/**
 * @param {string} into
 * @param {"own" | "there" | "all"} which this machine's alone; those that have a compiler here, the others named; or all,
 * where a compiler that is missing is an error
 * @returns {Promise<string[]>} the machines that were built for
 */
export async function buildPrograms(into, which) {
  await rm(into, { recursive: true, force: true });
  await mkdir(into, { recursive: true });
  const own =
    process.arch === "x64"
      ? "x86_64"
      : ({ ia32: "i686", arm64: "aarch64", arm: "armv7l" }[process.arch] ?? process.arch);
  const built = [];
  for (const [machine, { compilers, flags: special }] of Object.entries(machines)) {
    if (which === "own" && machine !== own) continue;
    const compiler = [...compilers, ...(machine === own ? ["cc", "gcc", "clang"] : [])].find(isThere);
    if (compiler === undefined) {
      const missing = `programs: no compiler for ${machine}: ${compilers.join(" or ")} is not installed`;
      if (which === "all") throw new Error(missing);
      if (which === "there") console.warn(`${missing}; wrappers on such hosts will be bash scripts`);
      continue;
    }
    for (const size of policySizes) {
      const program = await link(compiler, [...flags, ...special], size);
      await writeFile(join(into, programName(machine, size)), program);
    }
    built.push(machine);
  }
  const lines = [];
  for (const name of (await readdir(into)).sort()) {
    const hash = createHash("sha256")
      .update(await readFile(join(into, name)))
      .digest("hex");
    lines.push(`${hash}  ${name}\n`);
  }
  await writeFile(join(into, "SHA256SUMS"), lines.join(""));
  return built;
}

export const programName = (machine, size) => `${machine}-${size / 1024}k`;

// ---

const isThere = (program) =>
  program.includes("/") ? existsSync(program) : spawnSync(program, ["--version"]).status === 0;

async function link(compiler, options, size) {
  const work = await mkdtemp(join(tmpdir(), "interpose-program-"));
  try {
    const files = (await readdir(source)).filter((file) => file.endsWith(".c")).sort();
    const output = join(work, "program");
    const linking = [
      `-T,program.ld,--defsym=POLICY_SIZE=${size}`,
      "--build-id=none,--gc-sections,-z,noexecstack",
    ];
    const { status, stderr, error } = spawnSync(
      compiler,
      [
        ...options,
        ...files,
        "-nostdlib",
        "-static",
        "-no-pie",
        ...linking.map((part) => `-Wl,${part}`),
      ].concat(["-Wl,-z,max-page-size=65536,-z,common-page-size=4096", "-lgcc", "-o", output]),
      { cwd: source, encoding: "utf8", env: { ...process.env, LC_ALL: "C" } },
    );
    if (error || status !== 0) throw new Error(`programs: ${compiler}: ${error?.message ?? stderr}`);
    return withoutSections(await readFile(output), size);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** The file up to the policy's segment. What it says of sections, which come behind that, is taken out. */
function withoutSections(file, size) {
  const wide = file[4] === 2;
  const little = file[5] === 1;
  const read = (at, bytes) =>
    Number(
      bytes === 8
        ? little
          ? file.readBigUInt64LE(at)
          : file.readBigUInt64BE(at)
        : bytes === 4
          ? little
            ? file.readUInt32LE(at)
            : file.readUInt32BE(at)
          : little
            ? file.readUInt16LE(at)
            : file.readUInt16BE(at),
    );
  const table = wide ? read(32, 8) : read(28, 4);
  const [entry, count] = wide ? [read(54, 2), read(56, 2)] : [read(42, 2), read(44, 2)];
  const segments = Array.from({ length: count }, (_, index) => {
    const at = table + index * entry;
    return wide
      ? { kind: read(at, 4), offset: read(at + 8, 8), size: read(at + 32, 8) }
      : { kind: read(at, 4), offset: read(at + 4, 4), size: read(at + 16, 4) };
  });
  const policy = segments.find((segment) => segment.kind === 1 && segment.size === size);
  if (!policy || policy.offset % 4096 !== 0)
    throw new Error("programs: the policy's segment is not where it is looked for");
  const program = Buffer.from(file.subarray(0, policy.offset));
  if (wide) {
    program.fill(0, 40, 48);
    program.fill(0, 58, 64);
  } else {
    program.fill(0, 32, 36);
    program.fill(0, 46, 52);
  }
  return program;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const words = process.argv.slice(2);
  const all = words.includes("--all");
  const into = resolve(words.find((word) => !word.startsWith("--")) ?? "dist/programs");
  const built = await buildPrograms(into, all ? "all" : "own");
  console.log(
    `programs: ${built.length === 0 ? "no C compiler here, so wrappers are bash scripts" : built.join(", ")}`,
  );
}
