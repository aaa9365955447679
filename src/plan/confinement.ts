/** Which AppArmor profiles and SELinux contexts name a path. Pure. */

export interface Naming {
  path: string;
  file: string;
  /** Where the path is named, as it is written there. */
  line: string;
}

/**
 * Profiles that are attached to a path, and rules that name it. A pattern that stands for all files of a folder
 * names none of them.
 * @param profiles texts by file
 * @param loaded lines as the kernel lists its profiles: `/usr/bin/x (enforce)`
 */
export function profilesNaming(
  paths: string[],
  profiles: Map<string, string>,
  loaded: readonly string[],
): Naming[] {
  const found: Naming[] = [];
  for (const path of paths) {
    for (const [file, text] of profiles) {
      const variables = variablesOf(text);
      const line = text
        .split("\n")
        .find((one) =>
          wordsOf(one).some((word) => expanded(word, variables).some((glob) => names(glob, path))),
        );
      if (line !== undefined) found.push({ path, file, line: line.trim() });
    }
    const own = loaded.find((line) => names(line.replace(/ \(\w+\)$/, ""), path));
    if (own !== undefined && !found.some((one) => one.path === path)) {
      found.push({ path, file: "/sys/kernel/security/apparmor/profiles", line: own });
    }
  }
  return found;
}

/**
 * Contexts that the policy gives to a path by name, or that the file at it has, and that aren't those of any program.
 * @param labels contexts by path, as they are on the files
 * @param lines of `file_contexts`: a regular expression, maybe a kind of file, and a context
 */
export function contextsNaming(
  paths: string[],
  labels: Map<string, string>,
  lines: Iterable<string>,
): { path: string; context: string }[] {
  const found = new Map<string, string>();
  for (const path of paths) {
    const label = labels.get(path) ?? "";
    if (isSpecial(label)) found.set(path, label);
    for (const line of lines) {
      const words = line.trim().split(/\s+/);
      const [pattern = ""] = words;
      const context = words.at(-1) ?? "";
      if (!found.has(path) && isSpecial(context) && namesByExpression(pattern, path))
        found.set(path, context);
    }
  }
  return [...found].map(([path, context]) => ({ path, context }));
}

// ---

/** Types that a program of no policy of its own has. */
const usual =
  /^(bin|usr|lib|etc|home_bin|user_home|user_tmp|admin_home|tmp|var|opt|mnt|default|unlabeled|file|container_file|container_ro_file|fs|unconfined_exec|shell_exec)_t$/;

/** A context is `user:role:type:level`. */
function isSpecial(context: string): boolean {
  const type = context.split(":")[2];
  return type !== undefined && !usual.test(type);
}

function namesByExpression(pattern: string, path: string): boolean {
  const last = pattern.slice(pattern.lastIndexOf("/") + 1).replace(/\\./g, "");
  if (!pattern.startsWith("/") || /[.*+?[(|]/.test(last)) return false;
  try {
    return new RegExp(`^(?:${pattern})$`).test(path);
  } catch {
    return false;
  }
}

/** The words of a line that can be paths. */
function wordsOf(line: string): string[] {
  if (/^\s*#/.test(line)) return [];
  const words = line.match(/"[^"]*"|[^\s"]+/g) ?? [];
  return words
    .map((word) => word.replace(/^"|"$/g, "").replace(/,$/, ""))
    .filter((word) => /^(\/|\{|@\{)/.test(word) && word.length > 1);
}

/** `@{name} = value value`, and `+=` for more. */
function variablesOf(text: string): Map<string, string[]> {
  const variables = new Map<string, string[]>();
  for (const [, name = "", values = ""] of text.matchAll(/^\s*(@\{\w+\})\s*\+?=\s*(.*)$/gm)) {
    variables.set(name, [...(variables.get(name) ?? []), ...values.trim().split(/\s+/)]);
  }
  return variables;
}

/** More forms of one word than this aren't tried. */
const mostForms = 200;

function expanded(word: string, variables: Map<string, string[]>): string[] {
  let forms = [word];
  for (let depth = 0; depth < 5; depth++) {
    forms = forms
      .flatMap((form) => {
        const known = [...form.matchAll(/@\{\w+\}/g)].find(([name]) => variables.has(name));
        if (!known) return [form];
        return (variables.get(known[0]) ?? []).map((value) => form.replace(known[0], () => value));
      })
      .slice(0, mostForms);
  }
  return forms;
}

/** Whether the last part of the pattern is the file's name, and the rest stands for its folder. */
function names(glob: string, path: string): boolean {
  const last = glob.slice(glob.lastIndexOf("/") + 1);
  if (last === "" || /[*?[]|@\{/.test(last)) return false;
  const expression = glob.replace(/@\{\w+\}|\*\*|\{|\}|\\?[\s\S]/g, (part) => {
    if (part === "**" || part.startsWith("@{")) return ".*";
    if (part === "*") return "[^/]*";
    if (part === "?") return "[^/]";
    if (part === "{") return "(?:";
    if (part === "}") return ")";
    if (part === ",") return "|";
    return part.replace(/^\\/, "").replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  });
  try {
    // Of a path that begins with a variable for a folder, the slashes may be double.
    return new RegExp(`^(?:${expression})$`).test(path);
  } catch {
    return false;
  }
}
