/** What puts the same interception in place without this tool. */
import { existsSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { renderAnsible } from "../export/ansible.ts";
import { renderExport } from "../export/script.ts";
import { type ExitCode, exitCodes, usageError } from "../finding/finding.ts";
import { displayed, quote } from "../wrapper/quote.ts";
import { loadFile } from "./file.ts";
import { writeFile } from "./new-file.ts";
import type { CommandContext } from "./program.ts";

export async function exportCommand(
  { output }: CommandContext,
  form: string,
  file: string,
  { output: to }: { output?: string },
): Promise<ExitCode> {
  const loaded = loadFile(file);
  switch (form) {
    case "sh": {
      const text = renderExport(loaded);
      if (to === undefined) {
        output.text(text.trimEnd());
        output.document({ form, text });
        return exitCodes.done;
      }
      writeFile(to, text);
      output.line(`Wrote ${displayed(to)}. It runs on a host by: sh ${displayed(quote(to))} apply`);
      output.document({ form, files: [to] });
      return exitCodes.done;
    }
    case "ansible": {
      if (to === undefined) throw usageError({ code: "no-output", args: {} });
      const files = renderAnsible(loaded).map(({ path, text }) => ({ path: join(to, path), text }));
      const taken = files.find(({ path }) => existsSync(path));
      if (taken) throw usageError({ code: "file-exists", args: { path: taken.path } });
      for (const { path, text } of files) {
        makeFolder(dirname(path));
        writeFile(path, text);
        output.line(`Wrote ${displayed(path)}.`);
      }
      const inventory = files.some(({ path }) => path.endsWith("inventory.yml"))
        ? "inventory.yml"
        : "INVENTORY";
      output.line(
        `Next: cd ${displayed(quote(to))}, then: ansible-playbook -i ${inventory} playbook.yml --check`,
      );
      output.document({ form, files: files.map(({ path }) => path) });
      return exitCodes.done;
    }
    default:
      throw usageError({ code: "unknown-form", args: { form } });
  }
}

// ---

function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    const { message } = error as NodeJS.ErrnoException;
    throw usageError({ code: "file-unreadable", args: { path: folder, reason: message } });
  }
}
