/** Runs a command line. Its commands are in commands.ts. */
import { Command, CommanderError } from "commander";
import { type ExitCode, exitCodes, InterposeError, usageError } from "../finding/finding.ts";
import { type AddCommand, addCommands } from "./commands.ts";
import { createHosts, type Hosts, onHost } from "./hosts.ts";
import { createOutput, type Output, reportError } from "./output.ts";

/** What a command gets beside its own arguments. */
export interface CommandContext {
  output: Output;
  hosts: Hosts;
}

export type Action = (context: CommandContext, ...args: never[]) => Promise<ExitCode>;

/** Runs one command line. Returns its exit code; nothing below ends the process. */
export async function run(argv: string[], version: string): Promise<ExitCode> {
  let exitCode: ExitCode = exitCodes.done;
  // A reader that has seen enough, such as head, is no error.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });
  const program = new Command("interpose")
    .description(
      "Puts policy in front of any command-line binary, without its callers knowing, and takes it away again.",
    )
    .version(version, "-V, --version", "print the version")
    .helpOption("-h, --help", "show this help")
    .helpCommand(false)
    .showHelpAfterError("(interpose --help shows the commands, interpose COMMAND --help one of them)")
    .configureHelp({ sortSubcommands: false })
    .exitOverride();
  program.addHelpText("after", contractText);

  /** Adds a command; its action gets the context, then the arguments and options as commander has them. */
  const command: AddCommand = (usage, description, help, load) => {
    const added = program
      .command(usage)
      .description(description)
      .option("--json", "print one JSON document and nothing else")
      .helpOption("-h, --help", "show this help")
      .exitOverride();
    if (help !== "") added.addHelpText("after", `\n${help}`);
    added.action(async (...args: unknown[]) => {
      const options = args.at(-2) as { json?: boolean };
      const output = createOutput({ json: options.json === true });
      const hosts = createHosts((host) => {
        output.on = onHost(host);
      });
      try {
        const action = await load();
        exitCode = await action({ output, hosts }, ...(args.slice(0, -1) as never[]));
      } catch (error) {
        if (!(error instanceof InterposeError)) throw error;
        reportError(error, output);
        exitCode = error.exitCode;
      } finally {
        await hosts.close();
      }
    });
    return added;
  };
  addCommands(command);

  try {
    await program.parseAsync(argv);
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    exitCode = error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
    if (exitCode === exitCodes.usage && isForMachines(argv)) {
      const message = error.message.replace(/^error: /, "").replace(/[.]$/, "");
      reportError(usageError({ code: "command-line", args: { message } }), createOutput({ json: true }));
    }
  }
  return exitCode;
}

// ---

/** Whether `--json` is among the options, also of a command line that could not be read. */
function isForMachines(argv: string[]): boolean {
  const end = argv.indexOf("--");
  return argv.slice(0, end < 0 ? undefined : end).includes("--json");
}

const contractText = `
Exit status: 0 done; 1 a check failed, or something is wrong on the host, and nothing is left half-done;
2 the command line or the file is wrong; 3 the host can't be reached or used, or a privilege is missing.

Start with: interpose init, or interpose demo`;
