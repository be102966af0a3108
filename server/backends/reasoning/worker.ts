/** The reasoning thread: answers by the embedded engine, or by the providers that are configured. */
import { parentPort, workerData } from 'node:worker_threads';
import { Delivery } from './delivery.js';
import { EmbeddedAnswers } from './embedded-answers.js';
import type { ToReasoning, ToReasoningBatch } from './messages.js';
import type { ModelCalls } from './model-calls.js';
import type { ReasoningSettings } from './settings.js';

const port = parentPort;
if (port === null) throw new Error('runs as a worker thread only');

let settings = workerData as ReasoningSettings;
const delivery = new Delivery(port);
const embedded = new EmbeddedAnswers(delivery, settings.chunkDelayMs);

/** Nothing of it is loaded where there is no provider. */
const openModels = async (): Promise<ModelCalls> => {
  const { ModelCalls } = await import('./model-calls.js');
  return new ModelCalls(delivery, settings, (news) => port.postMessage(news));
};
let models: ModelCalls | null = settings.providers.length === 0 ? null : await openModels();

const configure = async (next: ReasoningSettings): Promise<void> => {
  settings = next;
  embedded.setChunkDelayMs(next.chunkDelayMs);
  if (models !== null) models.configure(next);
  else if (next.providers.length > 0) models = await openModels();
};

const receive = (message: ToReasoning): Promise<void> | undefined => {
  switch (message.kind) {
    case 'start':
      if (models === null || settings.providers.length === 0) embedded.start(message.callId, message.request);
      else models.start(message.callId, message.request, message.watched);
      return undefined;
    case 'summarize':
      models?.summarize(message.callId, message.request);
      return undefined;
    case 'cancel':
      embedded.cancel(message.callId);
      models?.cancel(message.callId);
      return undefined;
    case 'configure':
      return configure(message.settings);
    case 'taken':
      delivery.taken(message.batches);
      return undefined;
  }
};

/** Messages stay in their order, also behind one that has something to load. */
let behind: Promise<void> | null = null;
const receiveAll = (batch: ToReasoningBatch): Promise<void> | null => {
  let loading: Promise<void> | null = null;
  for (const message of batch) {
    if (loading !== null) loading = loading.then(() => receive(message));
    else loading = receive(message) ?? null;
  }
  embedded.wake();
  return loading;
};

port.on('message', (batch: ToReasoningBatch) => {
  const loading: Promise<void> | null =
    behind === null ? receiveAll(batch) : behind.then(() => receiveAll(batch) ?? undefined);
  if (loading === null) return;
  const settled = loading.finally(() => {
    if (behind === settled) behind = null;
    embedded.wake();
  });
  behind = settled;
});
