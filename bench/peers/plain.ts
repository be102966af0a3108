/**
 * The exchange as it is usually written, for the servers that do nothing but it: JSON.parse, a method's Ajv
 * validator, JSON.stringify. Whoever connects is let in, there is no rate limit, and a bad message throws.
 */
import { type Validate, validators } from '../../schemas/generated/validators.js';

interface Call {
  readonly validate: Validate;
  readonly result: unknown;
}

const calls = new Map<string, Call>([
  ['auth.handshake', { validate: validators['auth.handshake'], result: { session_id: 'sess-plain' } }],
  ['system.ping', { validate: validators['system.ping'], result: { pong: true } }],
]);

/** The answer to one message. @throws Error where it is none of this small protocol's */
export const answer = (text: string): string => {
  const { method, params, id } = JSON.parse(text) as { method: string; params: unknown; id: unknown };
  const call = calls.get(method);
  if (call === undefined) throw new Error(`no method ${method}`);
  if (!call.validate(params)) throw new Error(JSON.stringify(call.validate.errors));
  return JSON.stringify({ jsonrpc: '2.0', result: call.result, id });
};
