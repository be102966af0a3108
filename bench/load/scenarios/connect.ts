/** Connections that come, authenticate and go: how many a second, at what cost? */
import { scenario } from '../scenario.js';
import { latencyFigures, rateFigures, serverFigures, troubleFigures } from './figures.js';

export const connect = scenario({
  name: 'connect',
  summary: 'upgrades with handshakes, one after another: how many a second',
  help: `Each of --at-once clients connects, upgrades, authenticates, hangs up with a RST, and begins again. A remote gateway
lets 100 strangers of one address be under way at a time (gateway.max_unauthenticated_per_ip).`,
  defaults: { atOnce: 64, warmUpSeconds: 1, seconds: 10, heartbeatSeconds: 30 },
  needs: ({ atOnce }) => ({ connections: atOnce, raw: [] }),
  run: async ({ fleet, parameters, progress, settle, watch }) => {
    const { atOnce, warmUpSeconds, seconds } = parameters;
    await fleet.churn(atOnce);
    await settle(warmUpSeconds);
    progress(`Measuring for ${seconds} s`);
    const window = await watch(seconds);
    await fleet.churn(0);
    return [
      ...rateFigures(window, 'handshake', window.seen.counters.joins),
      ...serverFigures(window),
      ...latencyFigures(window, 'join'),
      ...troubleFigures(window),
    ];
  },
});
