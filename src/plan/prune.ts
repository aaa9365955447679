/** A manifest -> the step that removes older binaries, which repairs have kept. Pure. */
import type { Interception } from "../state/manifest.ts";
import { quote } from "../wrapper/quote.ts";
import { type Plan, placeOf, plainPlan, type Step } from "./plan.ts";
import { flushNames, isFile } from "./shell-tests.ts";

export function planPrune(interception: Interception, host: string): Plan {
  const { kept } = interception;
  const paths = kept.map(({ path }) => path);
  const step: Step = {
    id: "prune",
    number: 1,
    title: `Remove older binaries: ${paths.join(", ")}`,
    run: [
      // One that has been put in the place of another stays.
      ...kept.map((file) => `if ${isFile(file.path, file)}; then rm ${quote(file.path)}; fi`),
      flushNames(...paths),
      'rm "$state/kept"',
    ],
    gate: kept.map((file) => `! ${isFile(file.path, file)}`),
    todo: "Remove them by hand.",
    undo: [],
  };
  return plainPlan("prune", placeOf(interception, host), kept.length === 0 ? [] : [step]);
}
