/** Bundles the command-line tool into dist/, with the JSON Schema of its files beside it. */
import { chmod, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { build } from "esbuild";
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

await rm("dist", { recursive: true, force: true });
await mkdir("dist", { recursive: true });
await build({
  ...shared,
  entryPoints: { interpose: "src/cli/main.ts" },
  outdir: "dist",
  splitting: true,
  chunkNames: "chunks/[name]-[hash]",
  banner: {
    js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);',
  },
});
await chmod("dist/interpose.js", 0o755);

// The schema comes from the same source as the validation.
await build({ ...shared, entryPoints: ["src/spec/schema.ts"], outfile: "dist/.schema.mjs" });
const { jsonSchema } = await import("../dist/.schema.mjs");
await writeFile("dist/schema.json", `${JSON.stringify(jsonSchema(), null, 2)}\n`);
await rm("dist/.schema.mjs");
