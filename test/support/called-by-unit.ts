/** An interception whose file names a unit, and a systemd that has it. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { elf, type Patient, patient } from "./patient.ts";
import { quick } from "./place.ts";
import { type Services, startServices } from "./services.ts";

export interface CalledByUnit {
  at: Patient;
  services: Services;
  /** Writes the unit's section `Service`, and lets systemd read it. */
  define(...lines: string[]): Promise<void>;
}

export async function calledBy(unit: string): Promise<CalledByUnit> {
  let services: Services | undefined;
  const at = await patient({
    make: elf,
    policy: `${quick}services: [${unit}]\n`,
    prepare: async (to) => {
      services = await startServices(to);
    },
  });
  if (!services) throw new Error("systemd was not started");
  const { systemctl } = services;
  return {
    at,
    services,
    async define(...lines) {
      writeFileSync(join(at.folder, "units", unit), `${["[Service]", ...lines].join("\n")}\n`);
      expect(await systemctl("daemon-reload")).toMatchObject({ status: 0 });
    },
  };
}
