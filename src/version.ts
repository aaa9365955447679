/** Of the tool; the build puts it in. */
declare const __VERSION__: string;

export const version: string = typeof __VERSION__ === "undefined" ? "0.0.0" : __VERSION__;
