/** A file with its defaults filled in: the names and paths that everything after it uses. */
import { basename, dirname, join } from "node:path/posix";
import type { Log } from "../policy/policy.ts";
import { parseQuantity } from "../policy/quantity.ts";
import type { acceptable, EditsFile, HostsFile, RouteFile, SpecFile } from "./schema.ts";

/** The name of a finding that a file can accept. */
export type Accepted = (typeof acceptable)[number];

/** In which order several hosts are changed. */
export interface Rollout {
  /** So many hosts go first, alone. */
  canary: number;
  /** So many at once after them. */
  wave: number;
  /** No further wave begins once so many hosts have failed. */
  stopAfter: number;
}

export interface Spec {
  name: string;
  host: string;
  /** Several instead of the one. */
  hosts?: HostsFile;
  rollout: Rollout;
  sudo: "auto" | "never" | "always";
  binary: string;
  wrapper: string;
  real: string;
  realSuffix: string;
  /** A script that is run in the real binary's place, and ends in it by itself. */
  script?: string;
  keepName: "auto" | "yes" | "no";
  /** What the wrapper is. */
  runtime: "auto" | "native" | "bash";
  /** Arguments that make the binary print something and nothing else; each is tried alone. Without them, see `probesFor`. */
  probe?: string[];
  services: string[];
  accept: Accepted[];
  withValue: string[];
  facts: Record<string, { mediaDuration: string } | { fileSize: string }>;
  routes: RouteFile[];
  onError?: string;
  always: EditsFile;
  log: Log;
  /** The file's absolute path, or a word such as `standard input`, for people. */
  source: string;
}

/** Where each user's directory of logs is made, unless the file says something else. */
export const defaultLogDir = "/tmp";

/** Paths that follow from a spec's own. */
export interface Layout {
  binary: string;
  wrapper: string;
  real: string;
  /** What the wrapper runs: the script where there is one, otherwise the real binary. */
  target: string;
  /** The directory that holds the second name of the real binary, where that isn't the binary's own; it is ours. */
  apart?: string;
  /** A private folder that holds one link, named as the binary, to what the wrapper runs. */
  nameFolder: string;
  namedReal: string;
  /** Where the entry of a hand-made interception that was adopted is kept. */
  byHand: string;
}

/** The paths that a layout follows from. */
export type Paths = Pick<Spec, "binary" | "wrapper" | "real" | "script">;

/**
 * Fills in the defaults.
 * @param source where the file is; its base name without extensions is the default name
 */
export function withDefaults(file: SpecFile, source: string): Spec {
  const name = file.name ?? nameFromFile(source);
  const realSuffix = file.realSuffix ?? "-real";
  const folder = isApart(file) ? apartFrom(file.binary) : dirname(file.binary);
  return {
    name,
    host: file.host ?? "localhost",
    ...(file.hosts === undefined ? {} : { hosts: file.hosts }),
    rollout: {
      canary: file.rollout?.canary ?? 1,
      wave: file.rollout?.wave ?? 10,
      stopAfter: file.rollout?.stopAfter ?? 1,
    },
    sudo: file.sudo ?? "auto",
    binary: file.binary,
    wrapper: file.wrapper ?? defaultWrapper(file.binary, folder, name),
    real: join(folder, basename(file.binary)) + realSuffix,
    realSuffix,
    ...(file.script === undefined ? {} : { script: file.script }),
    keepName: file.keepName ?? "auto",
    runtime: file.runtime ?? "auto",
    ...(file.probe === undefined ? {} : { probe: file.probe }),
    services: file.services ?? [],
    accept: file.accept ?? [],
    withValue: file.arguments?.withValue ?? [],
    facts: file.facts ?? {},
    routes: file.routes ?? [],
    ...(file.onError === undefined ? {} : { onError: file.onError }),
    always: file.always ?? {},
    log: logOf(file.log),
    source,
  };
}

export function layoutOf(spec: Paths): Layout {
  const nameFolder = join(dirname(spec.wrapper), `.${basename(spec.wrapper)}.name`);
  return {
    binary: spec.binary,
    wrapper: spec.wrapper,
    real: spec.real,
    target: spec.script ?? spec.real,
    nameFolder,
    namedReal: join(nameFolder, basename(spec.binary)),
    ...(spec.real === apartReal(spec) ? { apart: apartFrom(spec.binary) } : {}),
    byHand: byHandPath(spec.binary),
  };
}

export const byHandPath = (binary: string): string => `${binary}-by-hand`;

function logOf(written: SpecFile["log"]): Log {
  const log = written === "none" ? {} : (written ?? {});
  return {
    none: written === "none",
    dir: log.dir?.replace(/\/$/, "") ?? defaultLogDir,
    size: Number(parseQuantity(log.size ?? "16Mi")),
    keep: log.keep ?? 4,
    free: log.free ?? 5,
    redact: log.redact ?? [],
    full: log.full ?? false,
  };
}

/** Programs for which every NAME-* on PATH is a subcommand of theirs. */
const takeHelpers = [
  ...["git", "kubectl", "oc", "helm", "gh", "cargo", "dotnet", "jupyter", "conda", "stack", "rbenv", "pyenv"],
  ...["kn", "tkn"],
];

export const isApart = ({ binary, names = "auto" }: SpecFile): boolean =>
  names === "apart" || (names === "auto" && takeHelpers.includes(basename(binary)));

/** On the binary's file system, and found by the wrapper from the binary's path alone. */
const apartFrom = (binary: string): string => join(dirname(binary), `.${basename(binary)}.interpose`);

const apartReal = ({ binary, real }: Pick<Spec, "binary" | "real">): string =>
  join(apartFrom(binary), basename(real));

function defaultWrapper(binary: string, folder: string, name: string): string {
  const own = join(folder, name);
  return own === binary ? `${binary}-wrapper` : own;
}

function nameFromFile(source: string): string {
  return basename(source)
    .replace(/\.(ya?ml|json)$/i, "")
    .replace(/\.interpose$/i, "")
    .replace(/[^A-Za-z0-9._+-]+/g, "-")
    .replace(/^[^A-Za-z0-9]+/, "");
}
