/** Policy and paths -> the wrapper's text, by the rendering that the host gets. */
export { compileWrapper, type LastStep, type WrapperInput } from "./bash/compile.ts";
