/** One frame, all of it. */
import { useState } from 'preact/hooks';
import { bytes, milliseconds } from '../state/figures.js';
import { type Frame, pretty } from '../state/traffic.js';
import { copyText } from './copy.js';
import { Icon } from './icons.js';

const MOST_CHARS = 100_000;

interface FrameDetailsProps {
  readonly frame: Frame;
  readonly onClose: () => void;
}

export const FrameDetails = ({ frame, onClose }: FrameDetailsProps) => {
  const [copied, setCopied] = useState(0);
  const { number, method, direction, kind, sizeBytes, latencyMs, atMs, id, body } = frame;
  const text = pretty(body);
  const copy = async (): Promise<void> => {
    if (await copyText(body)) setCopied(number);
  };
  return (
    <aside class="frame-details" aria-label="The chosen frame">
      <header>
        <h2>{method}</h2>
        <button type="button" class="plain small" onClick={copy}>
          {copied === number ? 'Copied' : 'Copy'}
        </button>
        <button type="button" class="icon-button" onClick={onClose}>
          <Icon name="close" />
          <span class="visually-hidden">Close</span>
        </button>
      </header>
      <p class="quiet small">
        {[
          `${direction === 'lifecycle' ? 'connection' : direction} ${kind === 'lifecycle' ? '' : kind}`.trim(),
          id === '' ? '' : `id ${id}`,
          kind === 'lifecycle' ? '' : bytes(sizeBytes),
          latencyMs === null ? '' : `after ${milliseconds(latencyMs)}`,
          new Date(atMs).toISOString(),
        ]
          .filter(Boolean)
          .join(' · ')}
      </p>
      <pre tabIndex={0} role="group" aria-label="Body">
        {text.length > MOST_CHARS ? `${text.slice(0, MOST_CHARS)}…` : text}
      </pre>
    </aside>
  );
};
