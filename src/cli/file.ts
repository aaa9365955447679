/** The FILE and FILE|NAME arguments of commands. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { failure, type InterposeError, usageError } from "../finding/finding.ts";
import type { Host } from "../host/host.ts";
import { type HostFacts, type LookFor, look } from "../host/look.ts";
import { type Loaded, loadSpec } from "../spec/load.ts";
import { layoutOf } from "../spec/spec.ts";
import { type Interception, interceptionsOf, rootsOf } from "../state/manifest.ts";
import type { HostOptions, Hosts } from "./hosts.ts";

/** @throws InterposeError (exit 2) when it can't be read or is wrong */
export function loadFile(file: string): Loaded {
  const path = resolve(file);
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const reasons: Record<string, string> = {
      ENOENT: "it is not there",
      EACCES: "permission denied",
      EISDIR: "it is a folder",
    };
    throw usageError({
      code: "file-unreadable",
      args: { path: file, reason: reasons[code ?? ""] ?? String(code) },
    });
  }
  return loadSpec(bytes, path);
}

export interface Target {
  host: Host;
  name: string;
  /** The file, when one was given. */
  loaded: Loaded | undefined;
}

/** Whether it is a file, as what has a slash or an extension is, and not a name. */
export const isFile = (fileOrName: string): boolean => /[/]|\.(ya?ml|json)$/i.test(fileOrName);

/** What a command is about, by a file or a name. @throws InterposeError (exit 2) */
export function findTarget(fileOrName: string, hosts: Hosts, options: HostOptions): Target {
  if (isFile(fileOrName)) {
    const loaded = loadFile(fileOrName);
    return { host: hosts.find(options, loaded.spec), name: loaded.spec.name, loaded };
  }
  return { host: hosts.find(options), name: fileOrName, loaded: undefined };
}

/**
 * The interception of a target's name; nothing when there is none.
 * @throws InterposeError (exit 1) when the file of the target describes another one under that name
 */
export function findInterception(facts: HostFacts, { name, loaded }: Target): Interception | undefined {
  const found = interceptionsOf(facts, layoutOf).interceptions.find(({ manifest }) => manifest.name === name);
  if (found && loaded) {
    const { binary, wrapper, real } = found.manifest;
    const { spec } = loaded;
    if (binary !== spec.binary || wrapper !== spec.wrapper || real !== spec.real) {
      throw failure({ code: "moved", args: { name, binary, wrapper, real } });
    }
  }
  return found;
}

/** There is none of that name, or it is root's, for somebody else. */
export function notIntercepted(facts: HostFacts, name: string): InterposeError {
  const roots = rootsOf(facts).find((manifest) => manifest.name === name);
  return roots
    ? failure({ code: "intercepted-by-root", args: { path: roots.binary, name } })
    : failure({ code: "not-intercepted", args: { name } });
}

/** Facts of the host with the interception of that name. @throws InterposeError (exit 1) when there is none */
export async function lookFor(
  target: Target,
  wanted: LookFor = {},
): Promise<{ facts: HostFacts; interception: Interception }> {
  const facts = await look(target.host, wanted);
  const interception = findInterception(facts, target);
  if (!interception) throw notIntercepted(facts, target.name);
  return { facts, interception };
}
