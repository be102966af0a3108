/** JSON-RPC 2.0 responses and notifications: prebuilt JSON around what changes. */
import { notificationSerializers } from '../../../schemas/generated/serializers.js';
import type { Params, ServerNotification } from '../../../schemas/methods.js';
import type { Failure } from './failure.js';

/** A response (JSON-RPC 2.0 section 5) with its members in the product's order. */
export const resultReply = (idJson: string, resultJson: string): string =>
  `{"jsonrpc":"2.0","result":${resultJson},"id":${idJson}}`;

/** An error response (JSON-RPC 2.0 section 5.1). */
export const errorReply = (idJson: string, failure: Failure): string => {
  const data = failure.data === null ? '' : `,"data":${JSON.stringify(failure.data)}`;
  return `{"jsonrpc":"2.0","error":{"code":${failure.code},"message":${JSON.stringify(failure.message)}${data}},"id":${idJson}}`;
};

/** A notification to a client. @throws Error where a required member is missing: a fault of the gateway. */
export const notificationFrame = <N extends ServerNotification>(method: N, params: Params<N>): string => {
  const serialize = notificationSerializers[method] as (params: Params<N>) => string;
  return `{"jsonrpc":"2.0","method":"${method}","params":${serialize(params)}}`;
};
