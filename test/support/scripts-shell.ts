/** The shell for tests that run thousands of scripts. */
import { existsSync } from "node:fs";
import { resolve } from "node:path";

const standalone = resolve(import.meta.dirname, "../../node_modules/.cache/busybox/root/bin/busybox");

/**
 * The program of busybox that has coreutils built in, which starts no program for them and so takes a third of the
 * time; nothing where setup could not get it. A plan makes the same changes with it as with the system's own.
 */
export const standaloneBusybox: string | undefined = existsSync(standalone) ? standalone : undefined;
