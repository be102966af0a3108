/** The frames of this page's connection as they go: which way, what, how large, how long it took, and what is in them. */
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { bytes } from '../state/figures.js';
import type { FrameLog } from '../state/frame-log.js';
import { type Filter, type Frame, FrameReader, matcher, NO_FILTER, toJsonLines } from '../state/traffic.js';
import '../styles/traffic.css';
import { useSession } from './context.js';
import { FrameDetails } from './frame-details.js';
import { FrameTable } from './frame-table.js';
import { PageHead } from './page-head.js';

/** What is held of the log, read. Reads only what is new. */
const useFrames = (log: FrameLog, isPaused: boolean): readonly Frame[] => {
  const [frames, setFrames] = useState<readonly Frame[]>([]);
  const reader = useRef(new FrameReader());
  useEffect(() => {
    if (isPaused) return;
    let asked = 0;
    const known = new Map(frames.map((frame) => [frame.number, frame]));
    const read = (): void => {
      asked = 0;
      const next = log.frames().map((raw) => known.get(raw.number) ?? reader.current.read(raw));
      known.clear();
      for (const frame of next) known.set(frame.number, frame);
      setFrames(next);
    };
    const ask = (): void => {
      if (asked === 0) asked = requestAnimationFrame(read);
    };
    read();
    const stop = log.subscribe(ask);
    return () => {
      stop();
      cancelAnimationFrame(asked);
    };
  }, [log, isPaused]);
  return frames;
};

export const TrafficPage = ({ onMenu }: { readonly onMenu: () => void }) => {
  const { frames: log } = useSession();
  const [filter, setFilter] = useState<Filter>(NO_FILTER);
  const [isPaused, setPaused] = useState(false);
  const [chosen, setChosen] = useState<Frame | null>(null);
  const frames = useFrames(log, isPaused);
  const wanted = useMemo(() => frames.filter(matcher(filter)), [frames, filter]);
  const set = (change: Partial<Filter>): void => setFilter({ ...filter, ...change });
  const clear = (): void => {
    log.clear();
    setChosen(null);
  };
  const totalBytes = wanted.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  return (
    <div class="page traffic">
      <PageHead title="Traffic" onMenu={onMenu}>
        <button type="button" aria-pressed={isPaused} onClick={() => setPaused(!isPaused)}>
          {isPaused ? 'Go on' : 'Pause'}
        </button>
        <button type="button" onClick={clear}>
          Clear
        </button>
        <button type="button" disabled={wanted.length === 0} onClick={() => save(wanted)}>
          Export<span class="wide-only"> as JSON Lines</span>
        </button>
      </PageHead>
      <div class="filters" role="search" aria-label="Frames">
        <input
          type="search"
          aria-label="Filter"
          placeholder="Filter: words in the method or body, -word without"
          value={filter.text}
          onInput={(event) => set({ text: event.currentTarget.value })}
        />
        <select
          aria-label="Direction"
          value={filter.direction}
          onChange={(event) => set({ direction: event.currentTarget.value as Filter['direction'] })}
        >
          <option value="all">Both ways</option>
          <option value="sent">Sent</option>
          <option value="received">Received</option>
        </select>
        <label class="check">
          <input
            type="checkbox"
            checked={filter.errorsOnly}
            onChange={(event) => set({ errorsOnly: event.currentTarget.checked })}
          />
          Errors only
        </label>
        <span class="quiet small count">
          {wanted.length.toLocaleString('en-US')} of {frames.length.toLocaleString('en-US')} frames,{' '}
          {bytes(totalBytes)}
          {isPaused ? ', paused' : ''}
        </span>
      </div>
      <div class={chosen === null ? 'traffic-body' : 'traffic-body with-details'}>
        <FrameTable
          frames={wanted}
          chosen={chosen?.number ?? null}
          isPaused={isPaused}
          onChoose={setChosen}
        />
        {chosen !== null && <FrameDetails frame={chosen} onClose={() => setChosen(null)} />}
      </div>
    </div>
  );
};

/** As a file of the browser's own: nothing is sent anywhere. */
const save = (frames: readonly Frame[]): void => {
  const url = URL.createObjectURL(new Blob([toJsonLines(frames)], { type: 'application/jsonl' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = `openclaw-traffic-${new Date().toISOString().replace(/[:.]/g, '-')}.jsonl`;
  link.click();
  URL.revokeObjectURL(url);
};
