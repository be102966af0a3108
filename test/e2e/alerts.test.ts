/** What the gateway by itself tells those who operate it (protocol section 7). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HAS_OPENSSL, makeCertificate, tlsConfig } from '../helpers/certificate.js';
import type { Json } from '../helpers/client.js';
import { startTestGateway, temporaryFolder } from '../helpers/gateway.js';
import { req } from './requirements.js';

const NEEDS_OPENSSL = { skip: HAS_OPENSSL ? false : 'needs the openssl program to make certificates' };

const isPing = ({ method }: Json): boolean => method === 'heartbeat.ping';
const alertsOf = ({ params }: Json): string[] =>
  params.notifications.filter(({ type }: Json) => type === 'alert').map(({ msg }: Json) => msg);
const hasAlert = (frame: Json): boolean => isPing(frame) && alertsOf(frame).length > 0;

test(
  `${req('P7-alert')} operators hear of a certificate that expires, and that it has been renewed`,
  NEEDS_OPENSSL,
  async (t) => {
    const dir = temporaryFolder(t);
    const files = makeCertificate(dir, { days: 9 });
    const config = `${tlsConfig(files)}\n[gateway]\nheartbeat_interval = 1\n`;
    const under = await startTestGateway(t, { config });
    const operator = await under.login();
    const ping = await operator.frame(hasAlert, 'an alert');
    const [msg] = alertsOf(ping);
    assert.match(msg ?? '', /^The certificate \S+gateway\.cert\.pem expires on .+ GMT; renew it\.$/);
    await operator.call('heartbeat.pong', { seq: ping.params.seq });
    makeCertificate(dir, { days: 90 });
    assert.equal((await under.gateway.reload()).outcome, 'reloaded');
    const renewed = await operator.frame(
      (frame: Json) => hasAlert(frame) && alertsOf(frame).includes('The certificate has been renewed.'),
      'the news of it',
    );
    assert.ok(renewed.params.seq > ping.params.seq);
  },
);

test(
  `${req('P7-alert')} a certificate with months to go is nothing to be alerted of`,
  NEEDS_OPENSSL,
  async (t) => {
    const dir = temporaryFolder(t);
    const long = makeCertificate(dir, { days: 90 });
    const under = await startTestGateway(t, {
      config: `${tlsConfig(long)}\n[gateway]\nheartbeat_interval = 1\n`,
    });
    const operator = await under.login();
    assert.deepEqual(alertsOf(await operator.frame(isPing, 'a ping')), []);
  },
);
