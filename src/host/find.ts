import { unreachable } from "../finding/finding.ts";
import type { Host } from "./host.ts";
import { localhost } from "./local.ts";

/** @throws InterposeError (exit 3) for a host that this version can't reach */
export function findHost(name: string): Host {
  if (["localhost", "127.0.0.1", "::1"].includes(name)) return localhost;
  throw unreachable({ code: "host-unreachable", args: { host: name } });
}
