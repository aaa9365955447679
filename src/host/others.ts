/**
 * What a script needs where others than root may have a say: it changes nothing in a folder that they could change, and
 * runs as they what they could change.
 */
import { dirname } from "node:path/posix";
import type { Layout } from "../spec/spec.ts";
import { quoteAll } from "../wrapper/quote.ts";
import becomePart from "./parts/become.sh?raw";
import waysPart from "./parts/ways.sh?raw";

/** Functions of sh, which go by the two below. */
export const othersParts = [waysPart, becomePart];

/** The folders that are changed. */
export const placesOf = ({ binary, wrapper }: Pick<Layout, "binary" | "wrapper">): string[] => [
  ...new Set([binary, wrapper].map((path) => dirname(path))),
];

/** What is run. */
export const programsOf = ({
  binary,
  target,
  real,
}: Pick<Layout, "binary" | "target" | "real">): string[] => [...new Set([binary, target, real])];

/** A folder as look_ways takes it: with what is in it, though not with that. */
export const asPlaces = (folders: readonly string[]): string[] => folders.map((folder) => `${folder}/.`);

export function othersFunctions(places: readonly string[], programs: readonly string[]): string[] {
  const withAll = (name: string, paths: string[]) =>
    `${name}() { ${paths.length === 0 ? ":" : `"$@" ${quoteAll(paths)}`}; }`;
  return [
    "# with_places COMMAND...: with the folders that are changed; with_programs: with what is run.",
    withAll("with_places", asPlaces(places)),
    withAll("with_programs", [...programs]),
  ];
}
