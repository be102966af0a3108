import { hashOf, type Route } from '../state/route.js';

/** Shows another page, or another channel. */
export const go = (route: Route): void => {
  location.hash = hashOf(route);
};
