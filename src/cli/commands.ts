/** The commands and their options. What a command does is in the file of its name. */
import { type Command, InvalidArgumentError, Option } from "commander";
import type { Action } from "./program.ts";

/** @param help what stands below its options; @param load gets what it does, when it is to be done */
export type AddCommand = (
  usage: string,
  description: string,
  help: string,
  load: () => Promise<Action>,
) => Command;

/** In the order of the help. */
export function addCommands(command: AddCommand): void {
  onHost(
    command(
      "init",
      "Ask what is to be intercepted, check each answer, and write a file",
      "Each question has an option. With --yes nothing is asked: what isn't given gets its default.\n\nExample:\n  interpose init --binary whisper-ctranslate2 --recipe whisper-smart --yes",
      async () => (await import("./init.ts")).init,
    ),
    "localhost",
  )
    .option("--binary <NAME|PATH>", "the binary, by its name or path")
    .option("--wrapper-name <NAME>", "the wrapper's name, and that of the interception")
    .option("--wrapper-dir <DIR>", "the wrapper's folder (default: the binary's)")
    .option("--real-suffix <SUFFIX>", "what is added to the real binary's path (default: -real)")
    .option("--recipe <NAME>", "start from a recipe, such as whisper-smart")
    .option("-o, --output <FILE>", "the file to write (default: NAME.yaml)")
    .option("-y, --yes", "ask nothing");
  onHost(
    command(
      "plan <FILE>",
      "Show what apply would do; change nothing",
      "With --verbose also the command, the gate and the undo of each step.\n\nExample:\n  interpose plan whisper.yaml --as markdown",
      async () => (await import("./plan.ts")).plan,
    ),
    "the file's",
  )
    .addOption(
      new Option("--as <form>", "print the plan as a script or as a runbook").choices(["sh", "markdown"]),
    )
    .option("-v, --verbose", "each step with its commands");
  onFleet(
    onHost(
      command(
        "apply <FILE>",
        "Put the wrapper in place; a second run changes nothing",
        "When a gate fails, everything is put back as it was.\nA file with hosts goes out in waves, and a second run does what is left.\nOn a terminal it asks before it changes something; without one it needs --yes.",
        async () => (await import("./apply.ts")).apply,
      ),
      "the file's",
    ),
  )
    .option("-y, --yes", "don't ask")
    .option(
      "--rollback-on-failure",
      "when a host fails, take it away again from those that had nothing before",
    );
  onHost(
    command(
      "adopt <PATH>",
      "Take an interception that was made by hand under management",
      "Finds the script that callers run and the real binary beside it, writes a file that keeps the script, and lets\ncalls go through a wrapper that runs it as it is. Nothing changes for callers, and rollback undoes it.\nOn a terminal it asks before it changes something; without one it needs --yes.\n\nExample:\n  interpose adopt /usr/local/bin/whisper-ctranslate2 -o whisper.yaml",
      async () => (await import("./adopt.ts")).adopt,
    ),
    "localhost",
  )
    .option("--name <NAME>", "the interception's name (default: the script's)")
    .option("--wrapper <PATH>", "where the wrapper goes (default: PATH-wrapper)")
    .option(
      "--probe <ARGUMENT>",
      "an argument that only makes it print something, to see that it answers as before; can come again",
      (argument: string, before: string[] = []) => [...before, argument],
    )
    .option("-o, --output <FILE>", "the file to write (default: NAME.yaml)")
    .option("-y, --yes", "don't ask");
  onHost(
    command(
      "verify <FILE|NAME>",
      "Prove that the interception works: the chain, the output, the arguments, the log",
      "With --services also that each service which the file names makes a call: it is restarted, and what counts is a\ncall from it, not one by hand. A table of cron's is waited for. On a terminal it asks before it restarts\nsomething; without one it needs --yes.\n\nExample:\n  interpose verify whisper.yaml --services --trigger 'touch /srv/incoming/talk.mp4' --yes",
      async () => (await import("./verify.ts")).verifyCommand,
    ),
    "the file's",
  )
    .option("--services", "restart the file's services, and wait for a call from each")
    .option("--trigger <COMMAND>", "then start the job that makes the call: a line for sh, run on the host")
    .option("--wait <SECONDS>", "how long to wait for the calls (default: 60, and 90 for cron)")
    .option("-y, --yes", "don't ask");
  onHost(
    command(
      "explain <FILE> [ARGS...]",
      "Show what a call would become, and why; run nothing",
      "Example:\n  interpose explain whisper.yaml -- talk.mp4 --model small",
      async () => (await import("./explain.ts")).explain,
    ),
    "the file's",
  );
  command(
    "compile <FILE>",
    "Print the wrapper that this machine would get",
    "By default the policy's text, which the wrapper's program carries and reads.\n\nExample:\n  interpose compile whisper.yaml --as bash",
    async () => (await import("./compile.ts")).compile,
  ).addOption(
    new Option(
      "--as <form>",
      "as that text, as a bash script that does the same, or as the file itself",
    ).choices(["policy", "bash", "file"]),
  );
  onHost(
    command(
      "show <PATH|NAME>",
      "Print what a wrapper says of itself, and whether its program is one of this release's",
      "PATH may be the binary's, which leads to the wrapper.\nWithout this tool `tail` and `strings` show the text.\n\nExample:\n  interpose show /usr/local/bin/whisper-ctranslate2",
      async () => (await import("./show.ts")).show,
    ),
    "localhost",
  );
  onFleet(
    onHost(
      command(
        "status [FILE|NAME]",
        "List what is intercepted on this host, and whether it is intact",
        "With a file that has hosts, one table over all of them.\nExit status 1 when something is wrong with one of them.\nWith --all also what others have put in the folders where programs are found: interceptions made by hand, dpkg's\ndiversions, links of update-alternatives, shims of version managers, and commands of npm packages.",
        async () => (await import("./status.ts")).status,
      ),
      "the file's, or localhost",
    ),
  ).option("--all", "also what was put in place by others");
  onHost(
    command(
      "doctor [FILE|NAME]",
      "Find out why calls go past a wrapper, fail or aren't logged, and say how to mend it",
      "Without an argument it looks at every interception of this host. It changes nothing.\nExit status 1 when something was found.",
      async () => (await import("./doctor.ts")).doctor,
    ),
    "the file's",
  );
  onHost(
    command(
      "logs <FILE|NAME>",
      "Show the calls that went through a wrapper",
      "With --json the records are printed as they were written, one a line.\n\nExample:\n  interpose logs whisper-smart --since 1h --route gpu",
      async () => (await import("./logs.ts")).logs,
    ),
    "the file's",
  )
    .option("-f, --follow", "go on as calls come in")
    .option("-n <N>", "the last N calls (default: 10000, and 10 with --follow)")
    .option("--probes", "also the calls that interpose makes to see whether it works")
    .option("--route <ROUTE>", "only calls on this route")
    .option("--since <TIME>", "only calls since then: 90s, 30m, 1h, 2d, or a date");
  onHost(
    command(
      "repair <FILE|NAME>",
      "Put the wrapper back after an upgrade or another's hand took it away",
      "What is at the binary's path now becomes the real binary; the one before is kept until rollback or prune.\nOn a terminal it asks before it changes something; without one it needs --yes.",
      async () => (await import("./repair.ts")).repair,
    ),
    "the file's",
  ).option("-y, --yes", "don't ask");
  onHost(
    command(
      "guard <ACTION> <FILE|NAME>",
      "Install or remove what repairs the interception by itself",
      "ACTION is install or remove. It is a unit of systemd's that looks for changes beside the binary, or, where there\nis no systemd, a line for cron. Either runs the repair script in the state folder, which needs only a shell.\n\nExample:\n  interpose guard install whisper-smart --yes",
      async () => (await import("./guard.ts")).guard,
    ),
    "the file's",
  )
    .option("-y, --yes", "don't ask")
    .option("--cron", "use cron, also where there is systemd");
  onHost(
    command(
      "prune <FILE|NAME>",
      "Remove older binaries that repairs have kept",
      "",
      async () => (await import("./prune.ts")).prune,
    ),
    "the file's",
  ).option("-y, --yes", "don't ask");
  onHost(
    command(
      "services <FILE|NAME>",
      "Find what leads to the binary: units, cron tables, supervisor's programs, scripts, processes",
      "It changes nothing, and needs no interception when a file is given.",
      async () => (await import("./services.ts")).services,
    ),
    "the file's",
  );
  command(
    "export <FORM> <FILE>",
    "Write what does the same without interpose: a script (sh), or a role and a playbook (ansible)",
    "Both apply, verify and roll back. The script needs nothing but a POSIX shell; the role sends it, and needs no\nPython on a host.\n\nExamples:\n  interpose export sh whisper.yaml -o whisper.sh\n  interpose export ansible whisper.yaml -o whisper-ansible",
    async () => (await import("./export.ts")).exportCommand,
  ).option("-o, --output <PATH>", "the file, or for ansible the folder, to write");
  onFleet(
    onHost(
      command(
        "rollback <FILE|NAME>",
        "Take the interception away; also without its file",
        "On a terminal it asks before it changes something; without one it needs --yes.",
        async () => (await import("./rollback.ts")).rollback,
      ),
      "the file's",
    ),
  )
    .option("-y, --yes", "don't ask")
    .option("--keep-logs", "leave the logs where they are")
    .option("--bare", "of one that was adopted: back to the real binary, not to what was made by hand");
  command(
    "schema",
    "Print the JSON Schema of the file, for editors",
    "",
    async () => (await import("./schema.ts")).schema,
  );
  command(
    "demo",
    "See it at work in a scratch folder, on real audio, without root",
    "Makes two sound files with ffmpeg, intercepts a stand-in for a transcriber, calls it, and takes it all away.",
    async () => (await import("./demo.ts")).demo,
  ).option("--keep", "leave the scratch folder");
}

// ---

/** The options of a command that can be for all hosts of a file. */
const onFleet = (added: Command): Command =>
  added.option(
    "--limit <NAMES>",
    "of the file's hosts, only these or those of these groups: a,b",
    (names: string) => {
      const list = names.split(",").map((name) => name.trim());
      // An unset variable or a comma too many must not mean all of them.
      if (list.includes("")) throw new InvalidArgumentError("A name is empty.");
      return list;
    },
  );
/** The options of a command that looks at a host. */
const onHost = (added: Command, whose: string): Command =>
  added
    .option("--host <HOST>", `an alias of ssh's, user@host[:port] or ssh://... (default: ${whose})`)
    .addOption(
      new Option("--sudo <WHEN>", "become root there; auto: where sudo asks for no password").choices([
        "auto",
        "never",
        "always",
      ]),
    );
