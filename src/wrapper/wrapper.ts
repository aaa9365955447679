/** A wrapper as it is put in place: the program with its policy behind it, or the script. Pure. */
import { createHash } from "node:crypto";
import type { Native } from "./native/native.ts";
import { compiledTitle } from "./native/policy-text.ts";

export type Wrapper = Native | { runtime: "bash"; text: string };

/** The file's bytes. */
export function bytesOf(wrapper: Wrapper): Buffer {
  if (wrapper.runtime === "bash") return Buffer.from(wrapper.text);
  const { program, policy } = wrapper;
  return Buffer.concat([program.bytes, Buffer.from(policy), Buffer.alloc(paddingOf(wrapper))]);
}

/** How many NULs follow the policy. */
export const paddingOf = ({ program, policy }: Native): number => program.room - Buffer.byteLength(policy);

/** SHA-256 of the file, in hexadecimal. */
export const hashOf = (wrapper: Wrapper): string =>
  createHash("sha256").update(bytesOf(wrapper)).digest("hex");

/**
 * The same of what it does with calls alone: the text behind a program also has the file as it was applied, whose
 * comments and services change no call.
 */
export function policyHashOf(wrapper: Wrapper): string {
  if (wrapper.runtime === "bash") return hashOf(wrapper);
  const compiled = wrapper.policy.slice(wrapper.policy.lastIndexOf(`\n${compiledTitle}\n`));
  return createHash("sha256").update(compiled).digest("hex");
}
