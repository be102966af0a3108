/**
 * The composition root: a configuration in, a running gateway out. Every part is made here, or in the
 * `open-….ts` beside it, in the order of what depends on what; read it top to bottom.
 */

import { closeLabel } from '../metrics/labels.js';
import { createMetrics } from '../metrics/metrics.js';
import { RateWindow } from '../metrics/rate-window.js';
import { PROTOCOL } from '../schemas/codes.js';
import type { Config } from '../schemas/config.js';
import { VERSION } from '../schemas/version.js';
import { addressKey } from './auth/address.js';
import { DEBUG_TOKEN } from './auth/authenticator.js';
import type { ReloadAsker, Reloaded } from './backends/system/port.js';
import { removeGatewayFile, writeGatewayFile } from './config/gateway-file.js';
import { ensureHome, lockHome } from './config/home.js';
import { reloadSentence } from './config/reload.js';
import { ChannelCensus } from './core/channels/census.js';
import { Principals } from './core/channels/principal.js';
import { Admission } from './core/limits/admission.js';
import { Compaction } from './core/memory/compaction.js';
import { Alerts } from './core/notifications/alerts.js';
import { Notifications } from './core/notifications/notifications.js';
import { Dispatcher } from './core/rpc/dispatcher.js';
import { buildHandlers } from './core/rpc/handlers.js';
import { buildRoutes } from './core/rpc/router.js';
import { Agent } from './core/runs/agent.js';
import { resumeRun } from './core/runs/resume.js';
import { Retention } from './core/runs/retention.js';
import { Runs } from './core/runs/runs.js';
import { Lobbies } from './core/sessions/lobby.js';
import type { SessionShared } from './core/sessions/session.js';
import { Sessions } from './core/sessions/sessions.js';
import { Pump } from './core/streams/pump.js';
import { systemClock } from './core/time/clock.js';
import { every, Timer, TimerWheel } from './core/time/timer-wheel.js';
import { TurnClock } from './core/time/turn-clock.js';
import { RunTrace } from './core/trace/run-trace.js';
import { Trace } from './core/trace/trace.js';
import { embeddingsOptions } from './embeddings.js';
import {
  type Gateway,
  GatewayFailed,
  type GatewayOptions,
  isForOperators,
  StartError,
} from './gateway-types.js';
import { openEntrance } from './open-entrance.js';
import { openOperations } from './open-operations.js';
import { openReasoning } from './open-reasoning.js';
import { openServiceManager } from './open-service-manager.js';
import { openSkills } from './open-skills.js';
import { openStore } from './open-store.js';
import { descriptorLimit } from './ops/descriptors.js';
import { EventLog, type LoggedReply } from './ops/event-log.js';
import { Health } from './ops/health.js';
import { createLog } from './ops/log.js';
import { type LogLevel, LogLevelSwitch } from './ops/log-level.js';
import { plainSite } from './page.js';
import { reasoningSettings } from './reasoning.js';
import { type Prepared, Reloader, tlsFiles } from './reloader.js';
import { isLoopback, Settings } from './settings.js';
import { Shutdown } from './shutdown.js';
import { mcpServers } from './skills.js';
import { CertificateKeeper } from './socket/certificate-keeper.js';
import { type Listener, type ListenerOptions, listen } from './socket/listener.js';
import { listenThreaded } from './socket/threads/threaded-listener.js';
import { expirySentence } from './socket/tls.js';
import { Telemetry } from './telemetry/telemetry.js';
import { telemetrySettings } from './telemetry.js';
import { TICK_MS, Ticker } from './ticker.js';
import { readSite, WEB_FOLDER } from './web-ui.js';

export { type Gateway, GatewayFailed, type GatewayOptions, StartError } from './gateway-types.js';

const LOG_REPORT_MS = 60_000;
/** Channels that are looked at in a tick for how many are in use: a hundred thousand in five seconds. */
const CENSUS_CHANNELS = 2000;
const TOKEN_CHECK_MS = 500;
const TOKEN_USE_MS = 5000;
const CERTIFICATE_CHECK_MS = 1000;
const CERTIFICATE_WARNING_MS = 24 * 3600 * 1000;
/** Replies that have ended and can still be resumed from memory. */
const MAX_KEPT_BYTES = 64 * 1024 * 1024;
/** Sessions that have ended and can still be resumed. */
const MAX_ENDED_SESSIONS = 100_000;

/** Starts a gateway. Rejects with {@link StartError} and leaves nothing behind where it cannot. */
export const startGateway = async (options: GatewayOptions): Promise<Gateway> => {
  const undo: (() => unknown)[] = [];
  try {
    return await compose(options, undo);
  } catch (error) {
    for (const step of undo.reverse()) await step();
    if (isForOperators(error)) throw new StartError(error.message);
    throw error;
  }
};

const compose = async (options: GatewayOptions, undo: (() => unknown)[]): Promise<Gateway> => {
  const { home, debug, config } = options;
  const { host, tls } = config.gateway;
  if (!isLoopback(host) && !tls.enabled && !config.gateway.insecure) {
    throw new StartError(
      `${host} is reachable from other machines and TLS is off: set gateway.tls.enabled with a certificate, or gateway.insecure = true where something else encrypts.`,
    );
  }
  const clock = options.clock ?? systemClock;
  const log = options.log ?? createLog(config.log.level, options.logTo);
  const events = new EventLog(log, () => clock.nowMs());
  const onFault = (what: string, error: unknown, reply: LoggedReply | null = null): void =>
    events.fault(what, error, reply);

  const prepare = (next: Config): Prepared => ({
    reasoning: reasoningSettings(next, process.env),
    telemetry: telemetrySettings(next, process.env),
  });
  const prepared = prepare(config);
  const tracer = new Telemetry({
    serverVersion: VERSION,
    onNews: (reason) => {
      if (reason === null) log.info('spans are taken by the collector again');
      else log.warn({ reason }, 'spans are not taken by the collector, and are dropped');
    },
    writeSpan: (fields, sentence) => log.trace(fields, sentence),
  });
  const logLevel = new LogLevelSwitch(log, log.level as LogLevel, (level) =>
    tracer.logSpans(level === 'trace'),
  );

  // What must be ours alone, and who may come in.
  ensureHome(home);
  const unlock = lockHome(home);
  undo.push(unlock);
  const entrance = await openEntrance({
    home,
    clock,
    env: process.env,
    acceptDebugToken: debug && isLoopback(host),
    onFault: (sentence) => log.error(sentence),
  });
  const keeper = tls.enabled
    ? new CertificateKeeper({
        files: tlsFiles(config),
        wallMs: () => clock.wallMs(),
        canPresent: () => listener.canRenew && !draining,
        present: (renewed) =>
          listener.renew(renewed, () => {
            settings.present(renewed.names);
            void listener.rulesChanged();
            try {
              announce(renewed.fingerprint);
            } catch (error) {
              // It is presented all the same; only the commands of this machine do not know it.
              onFault('gateway.json', error);
            }
            log.info({ names: renewed.names, fingerprint: renewed.fingerprint }, 'certificate renewed');
          }),
        warn: (sentence) => log.warn(sentence),
      })
    : null;

  const metrics = createMetrics();

  // Ready it is once clients can come.
  const health = new Health();
  health.set('store', 'ok');
  health.set('clients', 'failing');

  // The backends, each on its own thread.
  let giveUp = (what: string, error: Error): void => onFault(what, error);
  const memory = await openStore({
    path: home.databaseFile,
    embeddings: embeddingsOptions(config, process.env),
    onFailure: (error) => giveUp('memory', error),
    alerts: () => alerts,
    health,
    metrics,
    log,
  });
  undo.push(() => memory.close());
  const settings = new Settings(config, {
    descriptorLimit: descriptorLimit(),
    certificateNames: keeper?.current.names ?? null,
  });
  memory.setLimits(settings.memory);
  const reasoning = openReasoning({
    settings: prepared.reasoning,
    alerts: () => alerts,
    health,
    metrics,
    events,
    onFault,
  });
  undo.push(() => reasoning.close());
  await tracer.configure(prepared.telemetry);
  undo.push(() => tracer.close());

  // The core: data structures that know neither socket nor clock.
  const messageRate = new RateWindow();
  const wheel = new TimerWheel(TICK_MS, clock.nowMs());
  const pump = new Pump(setImmediate);
  const later = (delayMs: number, task: () => void): void =>
    wheel.schedule(new Timer(null, task), clock.nowMs() + delayMs);
  const trace = new Trace({ clock, later, sink: options.onTrace ?? null });
  const runTrace = new RunTrace(trace, clock);
  const principals = new Principals(memory);
  const retention = new Retention({
    clock,
    wheel,
    windowMs: PROTOCOL.resumeWindowMs,
    maxBytes: MAX_KEPT_BYTES,
    onForgotten: ({ messageId, channel: { principal } }) => {
      principal.runs.delete(messageId);
      principal.settle();
    },
  });
  const compaction = new Compaction({
    memory,
    // Another one after a reload.
    summarizer: () => reasoning.summarizer,
    clock,
    wheel,
    limits: settings.compaction,
    onFault,
  });
  undo.push(() => compaction.close());
  const sessions = new Sessions({
    clock,
    resumeWindowMs: PROTOCOL.resumeWindowMs,
    maxEnded: MAX_ENDED_SESSIONS,
    onUnfollowed: (channel) => runs.followersChanged(channel),
  });
  const shared: SessionShared = {
    clock,
    wheel,
    pump,
    trace,
    metrics,
    limits: settings.session,
    rateLimits: settings.rateLimits,
    heartbeatLimits: settings.heartbeat,
    notificationSettings: settings.notifications,
  };
  const notifications = new Notifications({
    memory,
    clock,
    wheel,
    settings: settings.notifications,
    metrics,
    onFault,
  });
  const alerts = new Alerts({
    notifications,
    clock,
    operators: () => entrance.principalsWith('admin'),
    onFault,
  });
  const { mcp, catalogue, skillRuns } = openSkills({
    servers: mcpServers(config, process.env),
    pinFile: home.skillsFile,
    processesFile: home.skillProcessesFile,
    settings,
    memory,
    principals,
    notifications,
    alerts,
    clock,
    wheel,
    pump,
    trace: runTrace,
    metrics,
    log,
    onFault,
  });
  undo.push(() => mcp.close());
  const runs = new Runs({
    memory,
    agent: new Agent({
      reasoning,
      catalogue,
      skillRuns,
      trace: runTrace,
      limits: settings.agent,
      skillLimits: settings.skills,
      onLeftOut: (skills) =>
        log.warn(
          `${skills} skills are not offered to the model, which are more than it takes: narrow \`allow\`.`,
        ),
      onFault,
    }),
    clock,
    wheel,
    pump,
    retention,
    trace: runTrace,
    limits: settings.runs,
    places: settings.streams,
    metrics,
    onStored: (channel, seq) => compaction.grew(channel, seq),
    onEnded: (run, finishReason, durationMs) => events.replyEnded(run, finishReason, durationMs),
    onFailed: (run, error) => events.replyFailed(run, error?.data?.provider ?? null),
    onFault,
  });
  const lobbies = new Lobbies({
    wheel,
    shared,
    principals,
    sessions,
    authenticate: entrance.authenticate,
    isValid: entrance.isValid,
    onRefused: (peer, clientId, throttled) => events.notAuthenticated(peer, clientId, throttled),
    onSession: (session) => {
      events.authenticated(session.peer);
      entrance.used(session.tokenHash);
      notifications.join(session.principal.name, session.courier);
      for (const channel of session.follows.channels()) runs.followersChanged(channel);
    },
    resumeStreams: (session, streams) => {
      for (const { message_id, after_index } of streams) {
        Promise.resolve(resumeRun({ memory, runs }, session, message_id, after_index)).catch(
          (error: unknown) => onFault('resume', error),
        );
      }
    },
    serverVersion: VERSION,
    limits: settings.lobby,
  });

  const alertOfExpiry = (): void => {
    const sentence = keeper === null ? null : expirySentence(keeper.current, clock.wallMs());
    if (sentence !== null) alerts.raise('certificate', sentence);
    else alerts.over('certificate', 'The certificate has been renewed.');
  };
  const reloader = new Reloader({
    config,
    loadConfig: options.loadConfig,
    prepared,
    prepare,
    keeper,
    apply: async (next, now) => {
      settings.apply(next);
      reasoning.configure(now.reasoning);
      await tracer.configure(now.telemetry);
      runs.limitsChanged();
      memory.setLimits(settings.memory);
      logLevel.configure(next.log.level);
      alertOfExpiry();
      await listener.rulesChanged();
    },
  });
  const reload = async (asker: ReloadAsker | null): Promise<Reloaded> => {
    const who = asker === null ? {} : { session_id: asker.sessionId, client_id: asker.clientId };
    manager?.reloading();
    try {
      const reloaded = await reloader.reload();
      const sentence = reloadSentence(reloaded);
      if (reloaded.outcome === 'refused') log.error(who, sentence);
      else
        logLevel.say({ ...who, changed: reloaded.changed, needs_restart: reloaded.needsRestart }, sentence);
      return reloaded;
    } catch (error) {
      onFault('reload', error);
      throw error;
    } finally {
      manager?.reloaded();
    }
  };

  let draining = false;
  const handlers = buildHandlers({
    memory,
    catalogue,
    skillRuns,
    system: { residentBytes: () => process.memoryUsage.rss(), reload },
    runs,
    sessions,
    principals,
    notifications,
    notificationSettings: settings.notifications,
    pump,
    clock,
    trace,
    metrics,
    messageRate,
    serverVersion: VERSION,
    draining: () => draining,
  });
  const dispatcher = new Dispatcher({
    routes: buildRoutes(handlers, metrics),
    lobbies,
    metrics,
    clock: new TurnClock(clock, setImmediate),
    rateLimits: settings.rateLimits,
    trace,
    tracer,
    onFault: (peer, method, traceId, error) => events.internalError(peer, method, traceId, error),
  });

  // One timer for everything that waits.
  const ticker = new Ticker({ clock, wheel, pump });
  ticker.start();
  undo.push(() => ticker.stop());
  const storeTokenUse = (): Promise<void> => entrance.storeUses(memory);
  every(wheel, clock, 1000, () => messageRate.sample(metrics.messagesReceived));
  const census = new ChannelCensus(() => principals.values());
  every(wheel, clock, TICK_MS, () => census.goOn(clock.nowMs(), CENSUS_CHANNELS));
  every(wheel, clock, LOG_REPORT_MS, () => events.report());
  every(wheel, clock, TOKEN_USE_MS, () => {
    storeTokenUse().catch((error: unknown) => onFault('store token use', error));
  });
  every(wheel, clock, TOKEN_CHECK_MS, () => {
    const ended = entrance.ended();
    if (ended.size === 0) return;
    for (const session of [...sessions.values()]) {
      if (ended.has(session.tokenHash)) session.peer.close('tokenRevoked');
    }
  });

  // Whoever watches over the gateway.
  let connecting = (): number => 0;
  const operations = await openOperations({
    config: config.metrics,
    env: process.env,
    health,
    metrics,
    gauges: {
      connecting: () => connecting(),
      authenticating: () => lobbies.peers.size,
      active: () => sessions.count,
      channelsActive: () => census.active,
      streamsActive: () => runs.activeCount,
      streamsQueued: () => runs.openCount - runs.activeCount,
    },
    onFault,
  });
  undo.push(() => operations.close());
  const manager = await openServiceManager({
    env: process.env,
    pid: process.pid,
    status: () => {
      const { status } = health.report();
      return `${sessions.count} clients at ${url}; ${status}`;
    },
    arrivals: () => listener.arrivals,
    warn: (sentence) => log.warn(sentence),
  });
  undo.push(() => manager?.close());

  // The door opens last.
  const listening: ListenerOptions = {
    host,
    port: config.gateway.port,
    maxMessageBytes: config.gateway.max_message_bytes,
    certificate: keeper?.current ?? null,
    admission: new Admission(settings.admission),
    later,
    originRules: (port) => settings.originRules(port),
    trustedProxies: () => settings.trustedProxies,
    addressKey,
    site: (config.gateway.web_ui ? readSite(options.webFolder ?? WEB_FOLDER) : null) ?? plainSite(),
    onOpen: (peer) => {
      events.opened(peer);
      metrics.connectionsOpened += 1;
      lobbies.enter(peer);
    },
    onText: dispatcher.receive,
    onBinary: (peer) => dispatcher.receiveBinary(peer),
    onDrain: (peer) => peer.session?.drained(),
    onClose: (peer) => {
      events.closed(peer);
      const code = closeLabel(peer.ending);
      metrics.connectionsClosed[code] = (metrics.connectionsClosed[code] ?? 0) + 1;
      lobbies.leave(peer);
      if (peer.session !== null) sessions.end(peer.session);
    },
    onFault,
  };
  const listener: Listener =
    settings.workers === 1
      ? await listen(listening)
      : await listenThreaded(
          {
            ...listening,
            onArrived: (peer) => peer.session?.arrived(),
            onFailure: (error) => giveUp('sockets', error),
          },
          settings.workers,
        );
  undo.push(() => listener.close());
  ticker.arrivals = listener.arrivals;
  connecting = () => listener.connecting;
  const urlHost = host.includes(':') ? `[${host}]` : host;
  const url = `${keeper === null ? 'ws' : 'wss'}://${urlHost}:${listener.port}`;
  const announce = (fingerprint: string | undefined): void =>
    writeGatewayFile(home.gatewayFile, {
      pid: process.pid,
      url,
      operationsUrl: operations.url,
      ...(fingerprint === undefined ? {} : { fingerprint }),
    });
  announce(keeper?.current.fingerprint);
  undo.push(() => removeGatewayFile(home.gatewayFile, process.pid));
  health.set('clients', 'ok');

  if (keeper !== null) {
    alertOfExpiry();
    every(wheel, clock, CERTIFICATE_WARNING_MS, () => {
      keeper.warn();
      alertOfExpiry();
    });
    every(wheel, clock, CERTIFICATE_CHECK_MS, () => {
      if (draining) return;
      reloader.lookForCertificate().then(alertOfExpiry, (error: unknown) => {
        if (isForOperators(error)) log.error(`${error.message} The certificate that is presented stays.`);
        else onFault('certificate', error);
      });
    });
  }

  const logStart = (): void => {
    logLevel.say(
      { version: VERSION, url, operations_url: operations.url, pid: process.pid },
      `OpenClaw gateway ${VERSION} listens at ${url}, and answers health checks at ${operations.url}`,
    );
    if (debug && isLoopback(host)) {
      log.warn(`--debug: the gateway also accepts the token ${DEBUG_TOKEN}, which everybody knows`);
    }
  };
  const shutdown = new Shutdown({
    sessions,
    lobbies,
    runs,
    busy: () => [...principals.values()].some((principal) => principal.held),
    nowMs: () => clock.nowMs(),
    graceMs: () => settings.drainMs,
    onBegin: () => {
      log.info('stopping: nobody comes in any more, and running replies may end');
      draining = true;
      manager?.stopping(settings.drainMs);
      health.set('clients', 'failing');
      removeGatewayFile(home.gatewayFile, process.pid);
      skillRuns.endBackground();
      return listener.stopListening();
    },
    steps: [
      () => compaction.close(),
      () => skillRuns.close(),
      () => mcp.close(),
      () => reasoning.close(),
      () => runs.storeLate(),
      storeTokenUse,
      () => memory.close(),
      () => ticker.stop(),
      () => listener.close(),
      () => operations.close(),
      () => tracer.close(),
      () => manager?.close(),
      unlock,
      () => log.info('stopped'),
    ],
    onFault,
  });
  const close = (): Promise<void> => shutdown.close();
  const failed = new Promise<never>((_resolve, reject) => {
    giveUp = (what, error) => {
      onFault(what, error);
      void close();
      void close().then(() => reject(new GatewayFailed(`The gateway cannot go on: ${error.message}`)));
    };
  });
  setImmediate(() => void operations.prepare());
  // Whoever does not look is not to be ended by it.
  failed.catch(() => {});
  return {
    url,
    host,
    port: listener.port,
    operationsUrl: operations.url,
    reload: () => reload(null),
    stepLogLevel: () => logLevel.step(),
    logStart,
    announceReady: () => manager?.ready(),
    close,
    failed,
  };
};
