/** Clauses about everything below conversations: the socket, the envelope, who may come in, the configuration. */
export const TRANSPORT_REQUIREMENTS = {
  // JSON-RPC 2.0 section 4: request object
  'J4-version': 'jsonrpc MUST be exactly "2.0" (section 4)',
  'J4-method': 'method MUST be a string (section 4)',
  'J4-reserved': 'names that begin with rpc. are reserved for extensions (section 4)',
  'J4-params-omitted': 'params MAY be omitted (section 4)',
  'J4-params-structured': 'params MUST be a structured value (section 4.2)',
  'J4-params-by-name':
    'by name: names MUST match exactly, case included; their order means nothing (section 4.2)',
  'J4-id': 'the response carries the same id as the request (sections 4 and 5)',
  'J4-notification': 'a notification gets no response, not even an error (section 4.1)',

  // Section 5: response object
  'J5-response': 'a response has jsonrpc "2.0", id, and exactly one of result and error (section 5)',
  'J5-null-id': 'where the id could not be found, the id of the response is null (section 5)',
  'J5-error-object': 'an error has an integer code and a message (section 5.1)',
  'J5-parse-error': '-32700 for text that is no JSON (section 5.1)',
  'J5-invalid-request': '-32600 for JSON that is no valid request (section 5.1)',
  'J5-method-not-found': '-32601 for a method that does not exist (section 5.1)',
  'J5-invalid-params': '-32602 for invalid params (section 5.1)',

  // Section 6: batch
  'J6-batch': 'a batch gets one array with a response for each request but the notifications (section 6)',
  'J6-batch-no-json': 'a batch that is no JSON gets one response object (section 6)',
  'J6-batch-empty': 'an empty array gets one response object (section 6)',
  'J6-batch-invalid': 'an invalid member gets its own error among the responses (section 6)',
  'J6-batch-notifications': 'a batch of notifications gets nothing at all, no empty array (section 6)',

  // The product's description
  'T-address': 'the gateway runs on port 18789 of this machine (Gateway Architecture Overview)',
  'T-auth-window': 'authentication has 5 seconds (Authentication Phase, Quiz 2)',
  'T-handshake': 'auth.handshake and its answer have the fields of the text (Authentication Phase)',
  'T-debug-handshake': 'the handshake of the websocat example works as it is written (Hands-On, step 1)',
  'T-routing': 'a method’s prefix decides its target (Message Routing)',
  'T-methods': 'the common methods have the directions of the table (Common Methods)',
  'T-system-status': 'system.status answers the status screen’s figures (Common Methods, step 4)',
  'T-pong': 'heartbeat.pong carries seq and client_load (Heartbeat System)',
  'T-tls': '[gateway.tls] with cert_path, key_path and min_version serves wss:// (TLS Configuration)',

  // Protocol section 1
  'P1-workers':
    'gateway.workers = N: N socket threads on one port; everything behaves as with one (section 1)',
  'P1-any-path': 'an upgrade on any path opens the WebSocket (section 1)',
  'P1-page': 'plain GET serves the web UI (section 1)',
  'P1-web':
    'the built web UI from memory: brotli and gzip, ETag, how long it may be kept, a strict Content-Security-Policy (configuration)',
  'P1-not-found': 'anything else is a 404 (section 1)',
  'P1-no-deflate': 'no permessage-deflate (section 1)',
  'P1-port-taken': 'a second gateway on the same port is refused with a clear sentence (section 1)',
  'P1-home-taken': 'a second gateway in the same home is refused with a clear sentence (section 1)',
  'P1-lock-dies': 'the lock on the home dies with its process (section 1)',
  'P1-message-limit': 'a message of max_message_bytes passes, one byte more closes with 1009 (section 1)',
  'P1-payload-limit': 'beyond twice the limit TCP is dropped without a code (section 1)',
  'P1-limit-told': 'limits.max_message_bytes of the handshake tells clients (section 1)',
  'P1-stranger-bytes': 'before authentication: 64 KiB, nothing parsed beyond (section 1)',
  'P1-stranger-messages': 'before authentication: 10 messages, then close 4001 (section 1)',
  'P1-max-connections': 'max_connections: then 503 with Retry-After (section 1)',
  'P1-descriptors': 'never more connections than the descriptor limit less 256 (section 1)',
  'P1-max-per-ip': 'max_connections_per_ip: then 429 with Retry-After; 0 = no limit (section 1)',
  'P1-max-unauthenticated': 'max_unauthenticated: then 503; who is in already is not disturbed (section 1)',
  'P1-max-unauthenticated-per-ip': 'max_unauthenticated_per_ip: then 429; 0 = no limit (section 1)',
  'P1-limits-freed': 'a connection that closes or authenticates makes room again (section 1)',
  'P1-trusted-proxies':
    'gateway.trusted_proxies, and nobody else, tell the address that a client is counted under (configuration)',
  'P1-renewal':
    'a renewed certificate is presented to new connections and costs none that is there (configuration)',
  'P1-origin': 'an Origin that is not allowed gets 403 before the upgrade (section 1)',
  'P1-host': 'a Host that this gateway does not serve gets 421 (section 1)',
  'P1-non-loopback': 'a non-loopback address without TLS or insecure stops the start (section 1)',

  'P1-http-answers':
    'each refusal before the upgrade has its status, its sentence and its header (section 1)',

  // Protocol section 2
  'P2-error-codes': 'each row of the table of error codes: code, message and nothing undescribed (section 2)',
  'P2-close-codes': 'each row of the table of close codes: code, reason and retry rule (section 2)',
  'P2-params-object': 'params is an object, an array gets -32602 (section 2)',
  'P2-unknown-member': 'unknown members of params get -32602 (section 2)',
  'P2-id': 'an id is a string of at most 128 characters or a safe integer; others get -32600 (section 2)',
  'P2-falsy-ids': '0 and "" are ids (section 2)',
  'P2-notification': 'a notification never gets a reply, an error included (section 2)',
  'P2-parse-error': '-32700 with id null, then close 1002 "Invalid message format" (section 2)',
  'P2-binary': 'a binary frame is answered like text that is no JSON (section 2)',
  'P2-scalar': 'a bare scalar: -32600 with id null, then close 1002 (section 2)',
  'P2-invalid-object': 'an object that is no request: -32600 with its id; the connection stays (section 2)',
  'P2-batch-order': 'a batch is answered by one array in the order of its members (section 2)',
  'P2-batch-stream': 'what a batch starts streaming begins after its array (section 2)',
  'P2-batch-size': '1–64 members; else one -32600 and nothing runs (section 2)',
  'P2-batch-handshake': 'auth.handshake in a batch: -32600; without an id: ignored (section 2)',
  'P2-method-not-callable': 'internal and server-to-client methods get -32601 too (section 2)',
  'P2-listed-errors': '-32602 lists path and message of the first 8 errors (section 2)',
  'P3-traceparent':
    'traceparent of the handshake, or of a request’s metadata, is its trace; a malformed one is ignored (section 3)',
  'P2-internal-error': '-32603 tells a trace_id and nothing else of the inside (section 2)',
  'P2-auth-required': '4010 for anything before auth.handshake (section 2)',
  'P2-permission-denied': '4012 with the scope that is missing (section 2)',
  'P2-close-normal': 'close 1000 where the client asked (section 2)',
  'P2-close-auth-timeout': 'close 4001 "Authentication timeout" without a handshake in time (section 2)',
  'P2-open-calls': 'calls beyond those that are worked on wait, and all are answered in order (section 2)',
  'P2-hostile': 'no input ends the gateway or reaches beyond its meaning as JSON (section 2)',

  // Protocol section 3
  'P3-token-form': 'a token is oc_<kind>_<random> with 128 bits or more (section 3)',
  'P3-token-stored': 'tokens.toml and local-token are 0600; only the hash is stored (section 3)',
  'P3-token-secret': 'no token appears in a log or an error (section 3)',
  'P3-token-reread': 'a token made while the gateway runs is accepted at once (section 3)',
  'P3-last-used': '"last used" is stored in the database (section 3)',
  'P3-local-token': 'the first start makes the local token, later ones keep it (section 3)',
  'P3-debug-token': '--debug on loopback accepts oc_local_debug, all scopes but admin (section 3)',
  'P3-debug-refused': 'without --debug, or elsewhere than on loopback, it is refused (section 3)',
  'P3-scopes': 'a method needs the scope of its prefix (section 3)',
  'P3-scopes-none': 'system.ping, system.methods, rpc.discover and heartbeat.pong need no scope (section 3)',
  'P3-admin': 'reload needs admin (section 3)',
  'P3-throttle': 'after 10 failures in a minute an unknown token gets retry_after_ms (section 3)',
  'P3-throttle-valid': 'a valid token always passes (section 3)',
  'P3-auth-failed': 'a wrong token gets 4011 (sections 2 and 3)',
  'P3-third-failure': 'the third failure closes with 4001 "Authentication failed" (sections 2 and 3)',
  'P3-handshake-params': 'client_id, client_version and token are checked (section 3)',
  'P3-handshake-result': 'the result adds scopes, limits, resumed and streams (section 3)',
  'P3-second-handshake': 'a second handshake gets -32600 (section 3)',
  'P3-piped': 'messages right behind the handshake are answered after it, in order (section 3)',
  'P3-revoked': 'a revoked token’s connections close with 4001 "Token revoked" (sections 2 and 3)',
  'P3-expired': 'an expired token’s connections close with 4001 "Token revoked" (sections 2 and 3)',

  // Protocol section 4, as far as it is about the gateway itself
  'P4-ping': 'system.ping gives {pong: true} (section 4)',
  'P4-methods': 'system.methods gives name, direction, target, scope and summary (section 4)',
  'P4-discover': 'rpc.discover gives the OpenRPC 1.3 document (section 4)',
  'P4-skill-list': 'skill.list gives the skills (section 4)',

  // Protocol section 8
  'P8-home': 'OPENCLAW_HOME holds local-token, tokens.toml and openclaw.db (section 8)',
  'P8-precedence': 'flag, then variable, then file, then default (section 8)',
  'P8-unknown-key': 'an unknown key stops the start: file, line, key, nearest key (section 8)',
  'P8-bad-value': 'a bad value stops the start: file, line, key, what was expected (section 8)',
  'P8-billion': 'numbers of limits and heartbeats go up to 10⁹ (section 8)',
  'P8-reload': 'a reload takes what can change while running and names what cannot (section 8)',
  'P8-reload-refused': 'a reload of a broken file changes nothing (section 8)',
  'P8-sighup': 'SIGHUP reloads (section 8)',
} as const satisfies Record<string, string>;
