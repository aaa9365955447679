/** Many calls put to the text of one wrapper, with one shell to start them. */
import { spawnSync } from "node:child_process";
import type { CallModel } from "./oracle.ts";

export interface Explained {
  route: string;
  /** Members of JSON. */
  facts: string;
  /** Empty: not denied. */
  exit: string;
  message: string;
  errors: string[];
  words: string[];
}

/** Reads counted fields: a wrapper, then for each call its environment and its words; writes counted fields. */
const driver = `
LC_ALL=C
mapfile -d '' input
at=1
while ((at < \${#input[@]})); do
	count=\${input[at]}
	env=("\${input[@]:at+1:count}")
	((at += count + 1))
	count=\${input[at]}
	words=("\${input[@]:at+1:count}")
	((at += count + 1))
	mapfile -d '' answer < <(
		for variable in "\${env[@]}"; do export "$variable"; done
		unset -v LC_ALL
		exec bash "\${input[0]}" /called "\${words[@]}"
	)
	printf '%s\\0' \${#answer[@]} "\${answer[@]}"
done
`;

/** @param wrapper path of a text whose last step is \`explain\`; @param path where its programs are found */
export function explainCalls(wrapper: string, calls: CallModel[], cwd: string, path: string): Explained[] {
  const fields = calls.flatMap(({ words, env }) => {
    const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`);
    return [variables.length, ...variables, words.length, ...words];
  });
  const input = [wrapper, ...fields].map((field) => `${field}\0`).join("");
  const { stdout, stderr, status, error } = spawnSync("bash", ["--norc", "-c", driver], {
    input,
    cwd,
    env: { PATH: path },
    maxBuffer: 1 << 28,
  });
  if (error) throw error;
  if (status !== 0 || stderr.length > 0) throw new Error(`bash exited with ${status}: ${stderr}`);

  const answers = stdout.toString().split("\0").slice(0, -1);
  const explained: Explained[] = [];
  while (answers.length > 0) explained.push(read(answers.splice(0, 1 + Number(answers[0])).slice(1)));
  return explained;
}

/** The same of a native wrapper. @param link leads to it, and is named interpose-explain */
export function explainNatively(link: string, calls: CallModel[], cwd: string, path: string): Explained[] {
  return calls.map(({ words, env }) => {
    const { stdout, stderr, status, error } = spawnSync(link, words, { cwd, env: { ...env, PATH: path } });
    if (error) throw error;
    if (status !== 0 || stderr.length > 0) throw new Error(`${link} exited with ${status}: ${stderr}`);
    return read(stdout.toString().split("\0").slice(0, -1));
  });
}

// ---

function read(answer: string[]): Explained {
  const [route = "", facts = "", exit = "", message = "", errors = "0"] = answer;
  const first = 5 + Number(errors);
  return { route, facts, exit, message, errors: answer.slice(5, first), words: answer.slice(first) };
}
