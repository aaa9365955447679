/**
 * Bundles the command-line tool, with the JSON Schema of its files beside it.
 *
 *   node scripts/build.js [--all] [DIRECTORY]    into dist/ unless another directory is given; with --all, the
 *                                                wrapper's program for all machines that have a compiler here
 */
import { chmod, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import { buildPrograms } from "./programs.js";
import { raw } from "./raw.js";

const { version } = JSON.parse(await readFile("package.json", "utf8"));
const shared = {
  bundle: true,
  platform: "node",
  target: "node20",
  format: "esm",
  plugins: [raw],
  define: { __VERSION__: JSON.stringify(version) },
  legalComments: "none",
  logLevel: "warning",
};

const words = process.argv.slice(2);
const folder = resolve(words.find((word) => !word.startsWith("--")) ?? "dist");
await rm(folder, { recursive: true, force: true });
await mkdir(folder, { recursive: true });
const { metafile } = await build({
  ...shared,
  metafile: true,
  entryPoints: { interpose: "src/cli/main.ts" },
  outdir: folder,
  splitting: true,
  chunkNames: "chunks/[name]-[hash]",
  banner: {
    js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);',
  },
});
await chmod(join(folder, "interpose.js"), 0o755);

// What is bundled of others comes with its licence.
const packages = new Set(
  Object.keys(metafile.inputs).flatMap(
    (input) => /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1] ?? [],
  ),
);
const notices = [];
for (const name of [...packages].sort()) {
  const folder = `node_modules/${name}`;
  const about = JSON.parse(await readFile(`${folder}/package.json`, "utf8"));
  const file = (await readdir(folder)).find((entry) => /^licen[cs]e/i.test(entry));
  const text = file ? await readFile(`${folder}/${file}`, "utf8") : about.license;
  notices.push(`${name} ${about.version} (${about.license})\n\n${text.trim()}\n`);
}
await writeFile(join(folder, "licences.txt"), notices.join(`\n${"-".repeat(72)}\n\n`));

// The schema comes from the same source as the validation.
const schema = join(folder, ".schema.mjs");
await build({ ...shared, entryPoints: ["src/spec/schema.ts"], outfile: schema });
const { jsonSchema } = await import(pathToFileURL(schema).href);
await writeFile(join(folder, "schema.json"), `${JSON.stringify(jsonSchema(), null, 2)}\n`);
await rm(schema);

const all = words.includes("--all");
const programs = await buildPrograms(join(folder, "programs"), all ? "there" : "own");
if (programs.length === 0) {
  console.warn("build: no C compiler here for the wrapper's program, so wrappers will be bash scripts");
}
