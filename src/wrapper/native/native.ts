/**
 * The native wrapper: the program for the host's machine, and the policy behind it as text, filled up with NULs to the
 * size that the program's header promises. Pure: the same input gives the same bytes.
 */
import type { Policy } from "../../policy/policy.ts";
import type { Layout } from "../../spec/spec.ts";
import { policyText } from "./policy-text.ts";

/** A program of this release, up to where the policy begins. */
export interface Program {
  /** As the kernel names it: `uname -m`. */
  machine: string;
  bytes: Buffer;
  /** Of these bytes, in hexadecimal. */
  sha256: string;
  /** How many bytes its header promises for the policy. */
  room: number;
}

export interface NativeInput {
  policy: Policy;
  layout: Layout;
  /** Whether the real binary is tried under its old name first, by the link in the layout's directory. */
  named: boolean;
  /** argv[0] for the real binary where it isn't the caller's: a path that leads to where its parts are. */
  called?: string;
  /** Where the file is that the policy came from, and its text. */
  source: string;
  file?: string;
  /** Of the tool. */
  version: string;
  /** Where the binary is a Debian package's. */
  diversion?: { path: string; to: string };
}

/** A wrapper: what is behind the program is filled up with NULs to the program's room. */
export interface Native {
  runtime: "native";
  program: Program;
  policy: string;
}

/** With the smallest of the programs that the policy fits into; nothing where it fits into none. */
export function nativeWrapper(input: NativeInput, programs: readonly Program[]): Native | undefined {
  for (const program of programs.toSorted((one, other) => one.room - other.room)) {
    const policy = policyText(input, program);
    // The last byte stays a NUL, by which the program knows that its file is whole.
    if (Buffer.byteLength(policy) < program.room) return { runtime: "native", program, policy };
  }
  return undefined;
}
