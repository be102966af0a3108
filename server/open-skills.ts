/** Everything that skills are made of: who runs them, which there are for whom, and their runs. */

import type { GatewayMetrics } from '../metrics/metrics.js';
import { PROTOCOL } from '../schemas/codes.js';
import { VERSION } from '../schemas/version.js';
import type { MemoryPort } from './backends/memory/port.js';
import { openBuiltInSkills } from './backends/skills/built-in.js';
import { PinFile } from './backends/skills/pin-file.js';
import type { SkillsPort } from './backends/skills/port.js';
import { ServerProcesses } from './backends/skills/server-processes.js';
import { type McpServerOptions, openThreadedSkills } from './backends/skills/threaded.js';
import type { Principals } from './core/channels/principal.js';
import type { Alerts } from './core/notifications/alerts.js';
import type { Notifications } from './core/notifications/notifications.js';
import { Catalogue } from './core/skills/catalogue.js';
import { remindersOf } from './core/skills/reminders.js';
import { SkillRuns } from './core/skills/skill-runs.js';
import { StrayEvents } from './core/skills/stray-events.js';
import type { Pump } from './core/streams/pump.js';
import type { Clock } from './core/time/clock.js';
import type { TimerWheel } from './core/time/timer-wheel.js';
import type { RunTrace } from './core/trace/run-trace.js';
import type { Log } from './ops/log.js';
import type { Settings } from './settings.js';

export interface OpenSkillsOptions {
  readonly servers: readonly McpServerOptions[];
  /** `skills.json`. */
  readonly pinFile: string;
  /** `skill-processes.json`. */
  readonly processesFile: string;
  readonly settings: Settings;
  readonly memory: MemoryPort;
  readonly principals: Principals;
  readonly notifications: Notifications;
  readonly alerts: Alerts;
  readonly clock: Clock;
  readonly wheel: TimerWheel;
  readonly pump: Pump;
  readonly trace: RunTrace;
  readonly metrics: GatewayMetrics;
  readonly log: Log;
  readonly onFault: (what: string, error: unknown) => void;
}

export interface Skills {
  /** To be closed behind the runs. */
  readonly mcp: SkillsPort;
  readonly catalogue: Catalogue;
  readonly skillRuns: SkillRuns;
}

/** @throws PinFileError */
export const openSkills = (options: OpenSkillsOptions): Skills => {
  const { pinFile, settings, memory, principals, notifications, alerts } = options;
  const { clock, wheel, pump, trace, metrics, log, onFault } = options;
  const processes = new ServerProcesses(options.processesFile);
  const left = processes.endLeftovers();
  if (left > 0) log.warn(`${left} MCP servers that a killed gateway had left behind were ended.`);
  const servers = openThreadedSkills({
    servers: options.servers,
    pins: new PinFile(pinFile),
    clientVersion: VERSION,
    onProcess: (server, pid) => processes.changed(server, pid),
    onReport: ({ server, state, sentence }) => {
      if (state === 'ready') log.info(sentence);
      else log.warn(sentence);
      if (state === 'changed') alerts.raise(`skills ${server}`, sentence);
      else if (state === 'ready') alerts.over(`skills ${server}`, sentence);
    },
  });
  const mcp: SkillsPort = {
    ...servers,
    close: async () => {
      await servers.close();
      await processes.settled();
    },
  };
  const builtIn = openBuiltInSkills({
    memory,
    reminders: remindersOf({ memory, notifications, notificationSettings: settings.notifications, clock }),
    wallMs: () => clock.wallMs(),
    timezone: () => settings.notifications.timezone,
  });
  const skillRuns = new SkillRuns({
    clock,
    wheel,
    pump,
    strays: new StrayEvents({ clock, wheel, pump, keepMs: PROTOCOL.resumeWindowMs }),
    principals,
    notifications,
    trace,
    limits: settings.skills,
    metrics,
    onFault,
  });
  return { mcp, catalogue: new Catalogue([builtIn, mcp], settings.skillRules), skillRuns };
};
