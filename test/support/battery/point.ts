/** A point of the battery: a state of the caller's, and a call made from it. */
import type { Word } from "../caller.ts";
import type { Ask } from "../copies.ts";

export type Step = [name: string, value: Word];

export interface Point {
  title: string;
  ask: Ask;
  /** More calls of the same kind. */
  more?: Ask[];
  /** How a direct call ends, unless it is 0. */
  ended?: number | string;
  /** Lines of sh before the calls and after them. */
  prepare?: string;
  undo?: string;
  /** A caller that can be seen from outside: see scenes.c. */
  scene?: string;
  /** Only a program can be called so, no script. */
  programOnly?: boolean;
  /** Some machines can't be brought into this state. */
  notEverywhere?: boolean;
  /** No process can be started for a fact from there. */
  withoutFacts?: boolean;
}

export interface Group {
  name: string;
  points: Point[];
}

/** An environment as a shell gives it. */
export const usualEntries = (home: string): string[] => [
  `PATH=${home}/bin:/usr/bin:/bin`,
  "HOME=/",
  "LANG=C.UTF-8",
  "PWD=/",
  "SHLVL=1",
  "_=/usr/bin/env",
];

export const without = (entries: string[], ...names: string[]): string[] =>
  entries.filter((entry) => !names.includes(entry.split("=")[0] ?? ""));

export const usualWords: Word[] = ["plain", "words"];

/** Calls are made in / unless a step changes that. */
export const at = (title: string, ...steps: Step[]): Point => ({ title, ask: { steps } });

/** What is told comes by a file, since no standard stream can take it. */
export const toldByFile = (home: string): Word[] => [`told=${home}/told`, "words"];

export const numbersTo = (last: number): number[] => Array.from({ length: last }, (_, index) => index + 1);
