/** Thousands of frames as a table of which only what is in sight exists. */
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { bytes, milliseconds } from '../state/figures.js';
import type { Frame } from '../state/traffic.js';

const ROW_PX = 30;
/** Beyond what is in sight, so that scrolling shows no gaps. */
const SPARE_ROWS = 10;
const BODY_CHARS = 300;
const PAGE_ROWS = 10;

interface FrameTableProps {
  readonly frames: readonly Frame[];
  /** The number of the chosen one. */
  readonly chosen: number | null;
  readonly isPaused: boolean;
  readonly onChoose: (frame: Frame) => void;
}

const time = (atMs: number): string => {
  const date = new Date(atMs);
  return `${date.toLocaleTimeString('en-GB')}.${String(date.getMilliseconds()).padStart(3, '0')}`;
};

const ARROWS = { sent: '↑', received: '↓', lifecycle: '•' } as const;
const WAYS = { sent: 'sent', received: 'received', lifecycle: 'connection' } as const;

export const FrameTable = ({ frames, chosen, isPaused, onChoose }: FrameTableProps) => {
  const box = useRef<HTMLDivElement>(null);
  const body = useRef<HTMLDivElement>(null);
  const isAtEnd = useRef(true);
  const [view, setView] = useState({ top: 0, height: 600 });
  const look = (): void => {
    const { current: element } = box;
    if (element === null) return;
    isAtEnd.current = element.scrollHeight - element.scrollTop - element.clientHeight < ROW_PX * 2;
    setView({ top: element.scrollTop, height: element.clientHeight });
  };
  useLayoutEffect(() => {
    if (body.current !== null) body.current.style.height = `${frames.length * ROW_PX}px`;
    const { current: element } = box;
    if (element !== null && isAtEnd.current && !isPaused) element.scrollTop = element.scrollHeight;
  }, [frames]);
  useEffect(() => {
    const observer = new ResizeObserver(look);
    if (box.current !== null) observer.observe(box.current);
    return () => observer.disconnect();
  }, []);

  const first = Math.max(0, Math.floor(view.top / ROW_PX) - SPARE_ROWS);
  const last = Math.min(frames.length, Math.ceil((view.top + view.height) / ROW_PX) + SPARE_ROWS);
  const move = (event: KeyboardEvent): void => {
    const steps: Readonly<Record<string, number>> = {
      ArrowDown: 1,
      ArrowUp: -1,
      PageDown: PAGE_ROWS,
      PageUp: -PAGE_ROWS,
    };
    const step = steps[event.key];
    if (step === undefined || frames.length === 0) return;
    event.preventDefault();
    const at = frames.findIndex(({ number }) => number === chosen);
    const next = Math.max(0, Math.min(frames.length - 1, (at < 0 ? frames.length : at) + step));
    const frame = frames[next];
    const { current: element } = box;
    if (frame === undefined || element === null) return;
    onChoose(frame);
    const top = next * ROW_PX;
    if (top < element.scrollTop) element.scrollTop = top;
    else if (top + 2 * ROW_PX > element.scrollTop + element.clientHeight) {
      element.scrollTop = top + 2 * ROW_PX - element.clientHeight;
    }
  };
  return (
    <div
      class="frames"
      ref={box}
      onScroll={look}
      onKeyDown={move}
      role="grid"
      tabIndex={0}
      aria-label="Frames; arrow keys choose one"
      aria-rowcount={frames.length + 1}
    >
      <div class="frame-row head" role="row" tabIndex={-1} aria-rowindex={1}>
        {['Time', 'Way', 'Method', 'Size', 'Latency', 'Body'].map((name) => (
          <span key={name} role="columnheader" tabIndex={-1}>
            {name === 'Way' ? <span class="visually-hidden">Way</span> : name}
          </span>
        ))}
      </div>
      <div class="frame-rows" ref={body} role="rowgroup">
        {frames.slice(first, last).map((frame, index) => (
          <Row
            key={frame.number}
            frame={frame}
            at={first + index}
            isChosen={frame.number === chosen}
            onChoose={onChoose}
          />
        ))}
      </div>
      {frames.length === 0 && <p class="quiet centred">No frame is like this.</p>}
    </div>
  );
};

interface RowProps {
  readonly frame: Frame;
  readonly at: number;
  readonly isChosen: boolean;
  readonly onChoose: (frame: Frame) => void;
}

const Row = ({ frame, at, isChosen, onChoose }: RowProps) => {
  const row = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    if (row.current !== null) row.current.style.transform = `translateY(${at * ROW_PX}px)`;
  }, [at]);
  const { direction, kind, method, sizeBytes, latencyMs, body, atMs } = frame;
  const cell = { role: 'gridcell', tabIndex: -1 } as const;
  return (
    // The keyboard chooses with the arrows, in the table.
    // biome-ignore lint/a11y/useKeyWithClickEvents: above
    <div
      class={`frame-row ${kind} ${direction}`}
      ref={row}
      role="row"
      tabIndex={-1}
      aria-rowindex={at + 2}
      aria-selected={isChosen}
      onClick={() => onChoose(frame)}
    >
      <span {...cell}>{time(atMs)}</span>
      <span {...cell} class="way" title={WAYS[direction]}>
        <span aria-hidden="true">{ARROWS[direction]}</span>
        <span class="visually-hidden">{WAYS[direction]}</span>
      </span>
      <span {...cell} class="method">
        {method}
        {kind === 'answer' && <small> answer</small>}
        {kind === 'error' && <small> error</small>}
      </span>
      <span {...cell} class="number">
        {kind === 'lifecycle' ? '' : bytes(sizeBytes)}
      </span>
      <span {...cell} class="number">
        {latencyMs === null ? '' : milliseconds(latencyMs)}
      </span>
      <span {...cell} class="body">
        {body.slice(0, BODY_CHARS)}
      </span>
    </div>
  );
};
