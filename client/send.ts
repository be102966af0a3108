/** What is sent as a message. */
import type { CallOptions, ChatSendParams } from '../schemas/generated/client.js';

/** What `chat.send` takes besides the message. Its signal cancels the reply. */
export interface ChatSendOptions extends CallOptions, Omit<ChatSendParams, 'message'> {}

/** 128 bits: no two are alike. Works in pages without TLS, too, which have no `crypto.randomUUID`. */
const newKey = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join(
    '',
  );

/**
 * The params of a call, with a key where it may have to be sent again.
 *
 * @returns isRepeat where the caller brought the key: the gateway may have had the message before
 */
export const sendParams = (
  message: string | ChatSendParams,
  { signal: _, ...options }: ChatSendOptions,
  mayRepeat: boolean,
): { readonly params: ChatSendParams; readonly isRepeat: boolean } => {
  const params = { ...(typeof message === 'string' ? { message } : message), ...options };
  const isRepeat = params.idempotency_key !== undefined;
  return { params: mayRepeat && !isRepeat ? { ...params, idempotency_key: newKey() } : params, isRepeat };
};
