/** A generator of load, in a process of its own: does what the driving process says over IPC, and ends with it. */
import { Crowd } from './crowd.js';
import type { Done, Numbered, Order } from './messages.js';

let crowd: Crowd | null = null;

const obey = async (order: Order): Promise<Crowd> => {
  if (order.do === 'open') crowd = new Crowd(order.crowd);
  if (crowd === null) throw new Error('told to work before it was told where');
  if (order.do === 'grow') await crowd.grow(order.size);
  if (order.do === 'work') crowd.work(order.work);
  if (order.do === 'pace') crowd.pace(order.perSecond);
  if (order.do === 'rest') crowd.rest();
  if (order.do === 'stall') crowd.stall(order.from, order.to, order.stalled);
  if (order.do === 'churn') await crowd.churn(order.atOnce);
  if (order.do === 'storm') await crowd.storm(order.patienceMs);
  return crowd;
};

const answer = (done: Done): void => {
  // Who asked may have gone meanwhile.
  if (process.connected) process.send?.(done);
};

process.on('message', ({ id, order }: Numbered) => {
  obey(order).then(
    (obeyed) => answer({ id, snapshot: obeyed.snapshot() }),
    (error: unknown) => answer({ id, error: error instanceof Error ? error.message : String(error) }),
  );
});
process.on('disconnect', () => crowd?.leave());
