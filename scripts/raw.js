import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";

/** An esbuild plugin: `import text from "./file.bash?raw"` gives the file's text, as it does in Vite. */
export const raw = {
  name: "raw",
  setup(build) {
    build.onResolve({ filter: /\?raw$/ }, ({ path, resolveDir }) => ({
      path: resolve(resolveDir, path.replace(/\?raw$/, "")),
      namespace: "raw",
    }));
    build.onLoad({ filter: /.*/, namespace: "raw" }, async ({ path }) => ({
      contents: await readFile(path, "utf8"),
      loader: "text",
      resolveDir: dirname(path),
      watchFiles: [path],
    }));
  },
};
