/** The symptoms of the runbook's troubleshooting, in its terms and order, each with what can be behind it. */
import type { FindingCode } from "../finding/finding.ts";

export const symptoms = {
  called: {
    title: "Wrapper not being called",
    codes: [
      "other-interception",
      "binary-overwritten",
      "binary-given-back",
      "binary-leads-back",
      "binary-unusable",
      "repair-unsettled",
      "chain-broken",
      "shadowed",
      "names-real",
      "runs-old-file",
      "script-missing",
      "run-cut-off",
      "run-remains",
      "manifest-unreadable",
      "state-untrusted",
    ],
  },
  arguments: { title: "Arguments with spaces break", codes: ["words-unquoted", "words-lost"] },
  fails: {
    title: "Service fails after wrapper install",
    codes: [
      "first-line-changed",
      "exec-missing",
      "wrapper-syntax",
      "wrapper-edited",
      "wrapper-unusable",
      "wrapper-mode",
      "wrapper-rights",
      "real-mode",
      "loader-missing",
      "interpreter-missing",
      "mounted-noexec",
      "folder-unreachable",
      "hidden-from-service",
      "profile-names-binary",
    ],
  },
  log: {
    title: "Wrapper log is empty",
    codes: [
      "log-dir-missing",
      "log-elsewhere",
      "log-folder-not-own",
      "log-folder-mode",
      "log-taken",
      "log-mode",
      "tmp-full",
      "tmp-out-of-files",
      "tmp-mode",
      "tmp-read-only",
      "tmp-read-only-for",
      "no-calls",
    ],
  },
  upgraded: {
    title: "The binary was upgraded",
    codes: [
      "wrapper-written-through",
      "binary-removed",
      "real-removed",
      "diversion-lost",
      "real-upgraded",
      "old-kept",
    ],
  },
  bash: { title: "Bash changed", codes: ["no-bash", "bash-does-not-run", "not-bash", "old-bash"] },
} as const satisfies Record<string, { title: string; codes: readonly FindingCode[] }>;

export type Symptom = keyof typeof symptoms;

export const symptomNames = Object.keys(symptoms) as Symptom[];

/** What status finds and no symptom has is about the chain. */
export const symptomOf = (code: FindingCode): Symptom =>
  symptomNames.find((name) => (symptoms[name].codes as readonly FindingCode[]).includes(code)) ?? "called";
