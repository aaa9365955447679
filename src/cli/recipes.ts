/** Ready interceptions, without the paths that a host gives them. */

import whisperSmart from "../../recipes/whisper-smart.yaml?raw";
import { usageError } from "../finding/finding.ts";

interface Recipe {
  /** The binary that it is for. */
  binary: string;
  text: string;
}

const recipes: Record<string, Recipe> = {
  "whisper-smart": { binary: "whisper-ctranslate2", text: whisperSmart },
};

export const recipeNames = Object.keys(recipes);

/** @throws InterposeError (exit 2) for a name that there is not */
export function findRecipe(name: string): Recipe {
  const recipe = recipes[name];
  if (!recipe) throw usageError({ code: "unknown-recipe", args: { name, known: recipeNames.join(", ") } });
  return recipe;
}
