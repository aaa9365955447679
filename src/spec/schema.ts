/**
 * What users write. This schema is the one source of the types, of the validation and of the published
 * JSON Schema; the descriptions are what an editor shows.
 */
import { normalize } from "node:path/posix";
import * as z from "zod";
import { optionForm } from "../policy/policy.ts";
import { parseQuantity } from "../policy/quantity.ts";

/** Half a pair of surrogates: YAML can escape one, UTF-8 can't hold it. */
const whole = (text: string) => !/\p{Surrogate}/u.test(text);
const text = z
  .string()
  .refine((value) => !value.includes("\0"), { message: "nul" })
  .refine(whole, { message: "unicode" });
const oneLine = z
  .string()
  .regex(/^[^\0\n]*$/, { message: "one-line" })
  .refine(whole, { message: "unicode" });
const path = oneLine.refine((value) => value.startsWith("/") && normalize(value) !== "/", {
  message: "absolute",
});
/** Each call goes through all of them. */
const words = z.array(text).max(1000);

const optionName = z.string().regex(optionForm, { message: "option-name" });
const identifier = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, { message: "identifier" });
const routeName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, { message: "route-name" });
const fileName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._+-]{0,100}$/, { message: "file-name" });

/** What a check finds that may be meant, so that the file can say so. */
export const acceptable = [
  "group-writable",
  "other-owner",
  "apparmor-profile",
  "selinux-context",
  "other-machine",
] as const;

const edits = {
  prepend: words.optional().describe("Words put before the caller's arguments."),
  append: words
    .optional()
    .describe("Words put after the caller's arguments, but before a `--` terminator when there is one."),
  set: z
    .record(optionName, text)
    .optional()
    .describe(
      "Options given this value: every one that the caller wrote is changed; without one it is appended.",
    ),
  remove: z
    .array(optionName)
    .optional()
    .describe("Options taken out, with their value when `arguments.withValue` has the name."),
  env: z
    .record(identifier, text.nullable())
    .optional()
    .describe("Environment variables set for the real binary; `null` removes one."),
};

const editsSchema = z.strictObject(edits);

const route = z.strictObject({
  name: routeName.describe("Shown in the log and by explain."),
  when: oneLine
    .optional()
    .describe('A condition in CEL, for example: length < duration("1h"). Only the last route goes without.'),
  ...edits,
  deny: z
    .strictObject({
      exit: z.int().min(1).max(255).describe("The exit status that the caller gets."),
      message: oneLine.min(1).describe("One line, written to the caller's standard error."),
    })
    .optional()
    .describe("Refuse the call: the real binary is not run."),
});

const fact = z.union([
  z.strictObject({
    mediaDuration: oneLine.describe("A string in CEL that names a media file, for example: operand(0)."),
  }),
  z.strictObject({
    fileSize: oneLine.describe("A string in CEL that names a file, for example: operand(0)."),
  }),
]);

const hostNames = z.array(oneLine.min(1)).min(1).max(10_000);

const hostsSchema = z.union([
  hostNames,
  z.strictObject({ inventory: oneLine.min(1), groups: z.array(oneLine.min(1)).min(1).optional() }),
  z.record(oneLine.min(1), hostNames),
]);

/** Smaller logs would turn over while they are read, and a larger one is nobody's to read. */
const smallestLog = 2n ** 16n;
const largestLog = 2n ** 40n;

/** It goes into a manifest that shells read, line by line. */
const logDirectory = oneLine.refine(
  (value) => /^\/[^\p{Cc}]+$/u.test(value) && [value, `${value}/`].includes(normalize(`${value}/`)),
  { message: "directory" },
);

const logSchema = z.strictObject({
  dir: logDirectory
    .optional()
    .describe(
      "The directory in which each user's own directory of logs is made, interpose-UID; default: /tmp. It has to be there, and who calls has to be able to write to it.",
    ),
  size: z
    .string()
    .refine(
      (value) => {
        const bytes = parseQuantity(value) ?? 0n;
        return bytes >= smallestLog && bytes <= largestLog;
      },
      { message: "log-size" },
    )
    .optional()
    .describe("A log of this size is turned over; default: 16Mi."),
  keep: z
    .int()
    .min(1)
    .max(9)
    .optional()
    .describe("So many logs that were turned over are kept, as NAME.log.1 and on; default: 4."),
  free: z
    .int()
    .min(0)
    .max(99)
    .optional()
    .describe(
      "Nothing is logged while less than this share of the file system is free, in percent; default: 5.",
    ),
  redact: z.array(optionName).optional().describe("Options whose values are kept out of the log."),
  full: z
    .boolean()
    .optional()
    .describe("Keep every argument, however long the record gets; default: at most 4,096 bytes a record."),
});

export const specSchema = z.strictObject({
  $schema: z.string().optional().describe("Where this file's JSON Schema is; for editors."),
  name: fileName.optional().describe("Of the interception; default: the name of this file."),
  host: oneLine
    .min(1)
    .optional()
    .describe(
      "Where the binary is: localhost (the default), an alias of ssh's, user@host[:port], or an ssh:// address.",
    ),
  hosts: hostsSchema
    .optional()
    .describe(
      "Several of them instead: a list, groups of names, or an inventory of Ansible's with the groups that are meant.",
    ),
  rollout: z
    .strictObject({
      canary: z.int().min(0).max(1000).optional().describe("So many hosts go first, alone; default: 1."),
      wave: z.int().min(1).max(100).optional().describe("So many at once after them; default: 10."),
      stopAfter: z
        .int()
        .min(1)
        .max(1000)
        .optional()
        .describe("No further wave begins once so many hosts have failed; default: 1."),
    })
    .optional()
    .describe("In which order `hosts` are changed."),
  sudo: z
    .enum(["auto", "never", "always"])
    .optional()
    .describe(
      "When to become root on a host that ssh reaches. auto (the default): where sudo asks for no password. always: it is asked for once, at a terminal.",
    ),
  binary: path.describe("The absolute path that callers use. The one thing without a default."),
  wrapper: path
    .optional()
    .describe("Where the wrapper is written; default: beside the binary, named after `name`."),
  realSuffix: z
    .string()
    .regex(/^[^/\0\s]{1,64}$/, { message: "suffix" })
    .refine(whole, { message: "unicode" })
    .optional()
    .describe("What is added to the binary's name for the real one; default: -real."),
  names: z
    .enum(["auto", "beside", "apart"])
    .optional()
    .describe(
      "Where the wrapper and the real binary's second name are. beside: in the binary's directory, where people look for them. apart: in a hidden directory of their own there, off PATH. auto (the default): apart for programs that take any NAME-* on PATH for a subcommand, such as git and kubectl.",
    ),
  script: path
    .optional()
    .describe(
      "A script of your own that is run instead of the real binary, as it is, and that ends in `exec` of the real one.",
    ),
  keepName: z
    .enum(["auto", "yes", "no"])
    .optional()
    .describe(
      "Whether the real binary runs under its old base name (a link in a private folder) or under its own path. auto: found out by comparing its output.",
    ),
  runtime: z
    .enum(["auto", "native", "bash"])
    .optional()
    .describe(
      "What the wrapper is: a small program (native), or a bash script. auto (the default): the program, where there is one for the host's machine and nothing forbids it.",
    ),
  probe: words
    .optional()
    .describe(
      "Arguments that only make the binary print something; each is tried alone. Default: --version and --help.",
    ),
  accept: z
    .array(z.enum(acceptable))
    .optional()
    .describe(
      "Findings that are known and meant: folders or files that a group may write to (whoever comes into it is as good as root), or a program that belongs to another user (who then decides what all callers run; interpose runs it as that user, never as root); an AppArmor profile or SELinux context that names the binary's path; a binary for another machine that is run all the same.",
    ),
  services: z.array(oneLine).optional().describe("Services that call the binary, for example nginx.service."),
  arguments: z
    .strictObject({
      withValue: z
        .array(optionName)
        .optional()
        .describe("Options whose value is the next word, so that the first operand is really found."),
    })
    .optional()
    .describe("What the binary's command line means."),
  facts: z
    .record(identifier, fact)
    .optional()
    .describe("Things that conditions can ask about; found out only when a condition needs them."),
  routes: z
    .array(route)
    .max(100)
    .optional()
    .describe("Tried in order; the first whose condition holds is taken."),
  onError: routeName.optional().describe("The route for a call where a needed fact can't be had."),
  always: editsSchema
    .optional()
    .describe("Edits for every call that isn't denied, after those of its route."),
  log: z
    .union([z.literal("none"), logSchema])
    .optional()
    .describe("What is kept of each call, and where; `none` keeps no log at all."),
});

/** A file as written, valid but without defaults. */
export type SpecFile = z.infer<typeof specSchema>;
export type HostsFile = z.infer<typeof hostsSchema>;
export type EditsFile = z.infer<typeof editsSchema>;
export type RouteFile = NonNullable<SpecFile["routes"]>[number];

/** The JSON Schema (draft 2020-12) for editors, from the same source. */
export function jsonSchema(): object {
  const schema = z.toJSONSchema(specSchema);
  return { ...schema, $id: "https://unpkg.com/interpose/dist/schema.json", title: "An interception" };
}
