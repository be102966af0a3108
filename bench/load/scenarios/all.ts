/** Every scenario, in the order of the help. */
import type { Scenario } from '../scenario.js';
import { chat } from './chat.js';
import { connect } from './connect.js';
import { fanout } from './fanout.js';
import { idle } from './idle.js';
import { mixed } from './mixed.js';
import { models } from './models.js';
import { rpc } from './rpc.js';
import { send } from './send.js';
import { slow } from './slow.js';
import { soak } from './soak.js';
import { storm } from './storm.js';
import { stream } from './stream.js';

export const SCENARIOS: readonly Scenario[] = [
  rpc,
  connect,
  idle,
  stream,
  models,
  fanout,
  slow,
  send,
  chat,
  mixed,
  storm,
  soak,
];
