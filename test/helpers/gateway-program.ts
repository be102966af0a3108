/** A gateway alone in a process, for a test to kill. Its home is `OPENCLAW_HOME`; it prints its URL. */

import { resolveHome } from '../../server/config/home.js';
import { loadConfig } from '../../server/config/load.js';
import { startGateway } from '../../server/gateway.js';

const home = resolveHome(process.env);
const load = () => loadConfig({ home, env: process.env, flags: { 'gateway.port': '0' } }).config;
const { url } = await startGateway({ config: load(), home, debug: false, loadConfig: load });
process.stdout.write(`${url}\n`);
