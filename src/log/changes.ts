/** What became of the arguments of a call. */

export interface Change {
  kind: "kept" | "added" | "removed";
  word: string;
}

/** More pairs than this aren't compared: everything between the common ends counts as replaced. */
const mostPairs = 1_000_000;

/** The words of both lists in one, in order: the fewest added and removed ones that explain the difference. */
export function changes(from: readonly string[], to: readonly string[]): Change[] {
  let start = 0;
  while (start < from.length && start < to.length && from[start] === to[start]) start += 1;
  let end = 0;
  while (
    end < from.length - start &&
    end < to.length - start &&
    from[from.length - 1 - end] === to[to.length - 1 - end]
  ) {
    end += 1;
  }
  return [
    ...from.slice(0, start).map(kept),
    ...middle(from.slice(start, from.length - end), to.slice(start, to.length - end)),
    ...from.slice(from.length - end).map(kept),
  ];
}

// ---

const kept = (word: string): Change => ({ kind: "kept", word });
const added = (word: string): Change => ({ kind: "added", word });
const removed = (word: string): Change => ({ kind: "removed", word });

function middle(from: readonly string[], to: readonly string[]): Change[] {
  if (from.length === 0 || to.length === 0 || from.length * to.length > mostPairs) {
    return [...from.map(removed), ...to.map(added)];
  }
  // common[i][j]: length of the longest common subsequence of what follows i and j.
  const width = to.length + 1;
  const common = new Uint32Array((from.length + 1) * width);
  const at = (i: number, j: number) => common[i * width + j] ?? 0;
  for (let i = from.length - 1; i >= 0; i -= 1) {
    for (let j = to.length - 1; j >= 0; j -= 1) {
      common[i * width + j] = from[i] === to[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const found: Change[] = [];
  let i = 0;
  let j = 0;
  while (i < from.length || j < to.length) {
    const [before, after] = [from[i], to[j]];
    if (before !== undefined && before === after) {
      found.push(kept(before));
      i += 1;
      j += 1;
    } else if (before !== undefined && (after === undefined || at(i + 1, j) >= at(i, j + 1))) {
      found.push(removed(before));
      i += 1;
    } else if (after !== undefined) {
      found.push(added(after));
      j += 1;
    }
  }
  return found;
}
