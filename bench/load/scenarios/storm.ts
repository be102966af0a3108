/** Everybody is gone at once and comes back at once, as after the failure of a network. */
import { type Figure, figure, scenario, type Window } from '../scenario.js';
import { latencyFigures, rateFigures, troubleFigures } from './figures.js';

/** Behind each storm, so that the next does not meet what is left of it. */
const CALM_SECONDS = 1;

export const storm = scenario({
  name: 'storm',
  summary: 'all connections drop and come back at once',
  help: `Every connection is cut and opened again in the same moment; each takes up its session, and tries again after 0.2 to 0.4 s
where it is refused. A remote gateway lets 100 strangers of one address in at a time, so there the tries show.`,
  defaults: { connections: 2000, rounds: 3, heartbeatSeconds: 30 },
  needs: ({ connections }) => ({ connections, raw: [] }),
  run: async ({ fleet, parameters, grow, progress, settle, watchWhile, interrupted }) => {
    const { connections, rounds } = parameters;
    await grow(connections);
    const windows: Window[] = [];
    for (let round = 1; round <= rounds && !interrupted(); round += 1) {
      await settle(CALM_SECONDS);
      progress(`Storm ${round} of ${rounds}`);
      windows.push(await watchWhile(() => fleet.storm()));
    }
    return windows.flatMap((window, at) => stormFigures(window, at + 1, windows.length));
  },
});

/** Of the last storm all, of those before it how long each took. */
const stormFigures = (window: Window, round: number, rounds: number): Figure[] => {
  const back = figure(`storm ${round}: all back after`, window.seconds, 's');
  if (round < rounds) return [back];
  const { counters } = window.seen;
  return [
    back,
    ...rateFigures(window, 'handshake', counters.joins),
    figure('of those, sessions taken up again', counters.resumed, ''),
    ...latencyFigures(window, 'join'),
    ...troubleFigures(window),
  ];
};
