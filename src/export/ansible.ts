/**
 * A file -> a role and a playbook of Ansible's that put its interception in place, verify it and take it away. The role
 * sends the exported script, so a host needs no Python. Pure.
 */
import { basename } from "node:path/posix";
import { stringify } from "yaml";
import { isThisMachine, sshWords } from "../host/address.ts";
import type { Loaded } from "../spec/load.ts";
import type { Spec } from "../spec/spec.ts";
import { displayed } from "../wrapper/quote.ts";
import { renderExport } from "./script.ts";

/** A file of the exported folder. */
export interface ExportedFile {
  /** Relative to the folder. */
  path: string;
  text: string;
}

export function renderAnsible(loaded: Loaded): ExportedFile[] {
  const { spec } = loaded;
  const role = roleOf(spec);
  const inventory = inventoryOf(spec);
  const of = (path: string, ...lines: string[]): ExportedFile => ({
    path,
    text: `${["---", ...lines].join("\n")}\n`,
  });
  return [
    of("playbook.yml", ...playbook(spec, role)),
    ...(inventory === undefined ? [] : [of("inventory.yml", stringify(inventory).trimEnd())]),
    of(`roles/${role}/tasks/main.yml`, ...tasks(spec, role)),
    of(
      `roles/${role}/defaults/main.yml`,
      "# present: in place, with the policy that it was exported with; absent: taken away.",
      `${role}_state: present`,
    ),
    of(`roles/${role}/meta/main.yml`, stringify(meta(spec)).trimEnd()),
    of(`roles/${role}/meta/argument_specs.yml`, stringify(argumentSpecs(spec, role)).trimEnd()),
    { path: `roles/${role}/files/${spec.name}.sh`, text: renderExport(loaded) },
  ];
}

// ---

/** A name as Ansible wants it for roles and variables. */
const roleOf = ({ name }: Spec): string => `interpose_${name.toLowerCase().replace(/[^a-z0-9]/g, "_")}`;

function playbook(spec: Spec, role: string): string[] {
  const { canary, wave, stopAfter } = spec.rollout;
  const several = spec.hosts !== undefined;
  const first = canary > 0 ? [canary, wave] : [wave];
  return [
    `# ansible-playbook -i INVENTORY playbook.yml                              puts it in place, and verifies it`,
    `# ansible-playbook -i INVENTORY playbook.yml --check                      says what that would change`,
    `# ansible-playbook -i INVENTORY playbook.yml -e ${role}_state=absent   takes it away`,
    `- name: Interception ${displayed(spec.name)}`,
    `  hosts: ${JSON.stringify(patternOf(spec))}`,
    "  gather_facts: false",
    ...(spec.sudo === "never" ? [] : ["  become: true"]),
    ...(several
      ? [
          "  # So many hosts at once; after so many failures the others are left alone.",
          `  serial: [${first.join(", ")}]`,
          `  max_fail_percentage: ${Math.ceil(((stopAfter - 1) / wave) * 10_000) / 100}`,
        ]
      : []),
    "  roles:",
    `    - role: ${role}`,
  ];
}

function tasks({ name }: Spec, role: string): string[] {
  const run = (words: string): string[] => [
    "  ansible.builtin.script:",
    `    cmd: "${name}.sh ${words}"`,
    "    executable: /bin/sh",
    // The script changes nothing then.
    "  check_mode: false",
  ];
  const change = (word: string): string[] => [
    ...run(`${word}{{ ' --check' if ansible_check_mode else '' }}`),
    `  register: ${role}_run`,
    `  changed_when: ${role}_run.stdout is search('(?m)^(ok|would) ')`,
  ];
  return [
    "# The script decides on the host what is to be done there; with --check it only says so.",
    "- name: Put the wrapper in front of the binary",
    ...change("apply"),
    `  when: ${role}_state == 'present'`,
    "",
    "- name: Verify the interception",
    ...run("verify"),
    "  changed_when: false",
    `  when: ${role}_state == 'present' and not ansible_check_mode`,
    "",
    "- name: Take the wrapper away",
    ...change("rollback"),
    `  when: ${role}_state == 'absent'`,
  ];
}

const meta = ({ name, binary }: Spec): object => ({
  galaxy_info: {
    author: "interpose",
    description: `Puts a wrapper in front of ${displayed(basename(binary))} (${name}), verifies it, and takes it away`,
    license: "MIT",
    min_ansible_version: "2.12",
    platforms: [{ name: "GenericLinux", versions: ["all"] }],
  },
  dependencies: [],
});

const argumentSpecs = ({ name }: Spec, role: string): object => ({
  argument_specs: {
    main: {
      short_description: `The interception ${name}`,
      options: {
        [`${role}_state`]: {
          type: "str",
          choices: ["present", "absent"],
          default: "present",
          description: "Whether it is in place.",
        },
      },
    },
  },
});

/** Which hosts of an inventory the play is for. */
function patternOf({ hosts }: Spec): string {
  if (hosts !== undefined && "inventory" in hosts && Array.isArray(hosts.groups))
    return hosts.groups.join(":");
  return "all";
}

/** The hosts of the file; nothing when they are in an inventory already. */
function inventoryOf({ host, hosts }: Spec): object | undefined {
  if (hosts === undefined) return { all: { hosts: variables([host]) } };
  if (Array.isArray(hosts)) return { all: { hosts: variables(hosts) } };
  if (typeof hosts.inventory === "string") return undefined;
  const groups = Object.entries(hosts as Record<string, string[]>);
  const children = groups.map(([group, list]) => [group, { hosts: variables(list) }]);
  return { all: { children: Object.fromEntries(children) } };
}

/** Where Ansible connects to, which has its own words for what an address has. */
const variables = (hosts: string[]): object =>
  Object.fromEntries(hosts.map((host) => [host, variablesOf(host)]));

function variablesOf(host: string): object {
  if (isThisMachine(host)) return { ansible_connection: "local" };
  const words = sshWords(host);
  const after = (option: string) => (words.includes(option) ? words[words.indexOf(option) + 1] : undefined);
  const [where, user, port] = [words.at(-1), after("-l"), after("-p")];
  return {
    ...(where === host ? {} : { ansible_host: where }),
    ...(user === undefined ? {} : { ansible_user: user }),
    ...(port === undefined ? {} : { ansible_port: Number(port) }),
  };
}
