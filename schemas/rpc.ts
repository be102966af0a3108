/** `rpc.*`: JSON-RPC’s own extensions (JSON-RPC 2.0 section 8; OpenRPC service discovery). */
import { Type } from 'typebox';
import { closed, method } from './define.js';

export const rpc = {
  'rpc.discover': method(
    { target: 'SystemController', scope: null, summary: 'The OpenRPC 1.3 document of this gateway' },
    closed({}),
    Type.Object(
      {
        openrpc: Type.String(),
        info: Type.Object({ title: Type.String(), version: Type.String() }, { additionalProperties: true }),
        methods: Type.Array(Type.Unknown()),
      },
      { additionalProperties: true },
    ),
  ),
};
