/** The figures of `openclaw status gateway`, every two seconds, and their course for as long as the page is open. */
import { useEffect, useState } from 'preact/hooks';
import type { SystemStatusResult } from '../../client/index.js';
import { problemOf } from '../gateway/problems.js';
import { figures, milliseconds, NO_COURSE, withPoint } from '../state/figures.js';
import '../styles/status.css';
import { Chart } from './chart.js';
import { useAppState, useSession } from './context.js';
import { PageHead, ScrollBody } from './page-head.js';

const EVERY_MS = 2000;
/** What the handshake tells where there is none. */
const NO_LIMIT = 1e9;

export const StatusPage = ({ onMenu }: { readonly onMenu: () => void }) => {
  const session = useSession();
  const about = useAppState((state) => state.session);
  const isOpen = useAppState((state) => state.link.state === 'open');
  const [status, setStatus] = useState<SystemStatusResult | null>(null);
  const [problem, setProblem] = useState('');
  const [course, setCourse] = useState(NO_COURSE);

  useEffect(() => {
    let isWanted = true;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const look = async (): Promise<void> => {
      if (!document.hidden) {
        const answer = await session.status().catch((error) => {
          setProblem(problemOf(error));
          return null;
        });
        if (!isWanted) return;
        if (answer !== null) {
          setProblem('');
          setStatus(answer.status);
        }
        setCourse((before) =>
          withPoint(before, Date.now(), answer?.status ?? null, answer?.roundTripMs ?? null),
        );
      }
      timer = setTimeout(look, EVERY_MS);
    };
    void look();
    return () => {
      isWanted = false;
      clearTimeout(timer);
    };
  }, [session]);

  const roundTripMs = course.roundTripMs.at(-1) ?? null;
  return (
    <div class="page">
      <PageHead title="Status" onMenu={onMenu} />
      <ScrollBody>
        {problem !== '' && (
          <p class="error" role="alert">
            {problem}
          </p>
        )}
        {status === null && problem === '' && <p class="quiet">Loading…</p>}
        {status !== null && (
          <>
            <dl class={isOpen ? 'figures' : 'figures stale'}>
              {figures(status).map(({ label, value }) => (
                <div key={label}>
                  <dt>{label}</dt>
                  <dd>{value}</dd>
                </div>
              ))}
            </dl>
            {!isOpen && <p class="quiet small">These are the last figures before the connection ended.</p>}
            <div class="charts">
              <Chart title="Messages/sec" times={course.times} values={course.messagesPerSecond} />
              <Chart title="Active Connections" times={course.times} values={course.connections} />
              <Chart title="Memory Usage" unit="MB" times={course.times} values={course.memoryMib} />
              <Chart title="Round trip" unit="ms" times={course.times} values={course.roundTripMs} />
            </div>
            <dl class="about">
              <div>
                <dt>Gateway</dt>
                <dd>{status.server_version}</dd>
              </div>
              <div>
                <dt>Round trip</dt>
                <dd>{roundTripMs === null ? '–' : milliseconds(roundTripMs)}</dd>
              </div>
              <div>
                <dt>Client load</dt>
                <dd>{status.client_load === null ? '–' : `${Math.round(status.client_load * 100)} %`}</dd>
              </div>
              {about !== null && (
                <>
                  <div>
                    <dt>Session</dt>
                    <dd>
                      <code>{about.session_id}</code>
                    </dd>
                  </div>
                  <div>
                    <dt>Scopes</dt>
                    <dd>{about.scopes.join(', ')}</dd>
                  </div>
                  <div>
                    <dt>Heartbeat</dt>
                    <dd>every {about.heartbeat_interval} s</dd>
                  </div>
                  <div>
                    <dt>Rate limit</dt>
                    <dd>
                      {about.limits.messages_per_second >= NO_LIMIT
                        ? 'none'
                        : `${about.limits.messages_per_second} a second, ${about.limits.burst_size} at once`}
                    </dd>
                  </div>
                </>
              )}
            </dl>
          </>
        )}
      </ScrollBody>
    </div>
  );
};
