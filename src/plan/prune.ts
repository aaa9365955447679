/** A manifest -> the step that removes older binaries, which repairs have kept. Pure. */
import type { Interception } from "../state/manifest.ts";
import { quote } from "../wrapper/quote.ts";
import type { Plan } from "./plan.ts";
import { isFile } from "./shell-tests.ts";

export function planPrune({ manifest, folder, kept }: Interception, host: string): Plan {
  const paths = kept.map(({ path }) => path);
  return {
    action: "prune",
    name: manifest.name,
    host,
    already: [],
    steps:
      kept.length === 0
        ? []
        : [
            {
              id: "prune",
              number: 1,
              title: `Remove older binaries: ${paths.join(", ")}`,
              run: [
                // One that has been put in the place of another stays.
                ...kept.map((file) => `if ${isFile(file.path, file)}; then rm ${quote(file.path)}; fi`),
                'rm "$state/kept"',
              ],
              gate: kept.map((file) => `! ${isFile(file.path, file)}`),
              todo: "Remove them by hand.",
              undo: [],
            },
          ],
    earlier: [],
    fallback: "previous",
    state: folder,
    paths: [],
    probe: [],
    wrapperName: manifest.name,
    environmentRoutes: [],
    notes: [],
  };
}
