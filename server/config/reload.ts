/** What a reload may change, and what has to wait for a restart (protocol section 8). */
import {
  buildConfig,
  type Config,
  type ConfigKey,
  type ConfigValue,
  configKeys,
  configOption,
  configValue,
} from '../../schemas/config.js';

export interface ConfigChanges {
  /** The running configuration with only the reloadable changes. */
  readonly next: Config;
  /** Keys that differ in `next`. */
  readonly changed: readonly ConfigKey[];
  /** Keys that differ in what was loaded, and stay as they are until a restart. */
  readonly needsRestart: readonly ConfigKey[];
}

/**
 * Compares the configuration that runs with one that was just loaded.
 * @param held keys that cannot change as things are, reloadable or not
 */
export function compareConfigs(
  running: Config,
  loaded: Config,
  held: readonly ConfigKey[] = [],
): ConfigChanges {
  const values = new Map<ConfigKey, ConfigValue>();
  const changed: ConfigKey[] = [];
  const needsRestart: ConfigKey[] = [];
  const known = new Set(configKeys(running));
  const found = new Set(configKeys(loaded));
  for (const key of new Set([...known, ...found])) {
    if (!known.has(key)) {
      // A server that is new: it comes with the next start.
      needsRestart.push(key);
      continue;
    }
    const old = configValue(running, key);
    const fresh = found.has(key) ? configValue(loaded, key) : null;
    if (fresh === null) {
      needsRestart.push(key);
      values.set(key, old);
      continue;
    }
    const differs = JSON.stringify(old) !== JSON.stringify(fresh);
    const reloadable = configOption(key).reloadable && !held.includes(key);
    if (differs) (reloadable ? changed : needsRestart).push(key);
    values.set(key, reloadable ? fresh : old);
  }
  return { next: buildConfig(values), changed, needsRestart };
}

type Outcome =
  | {
      readonly outcome: 'reloaded';
      readonly changed: readonly string[];
      readonly needsRestart: readonly string[];
    }
  | { readonly outcome: 'refused'; readonly reason: string };

/** What came of a reload, in a sentence or two. */
export const reloadSentence = (reloaded: Outcome): string => {
  if (reloaded.outcome === 'refused')
    return `Nothing was reloaded, and the gateway goes on as before: ${reloaded.reason}`;
  const { changed, needsRestart } = reloaded;
  const took = changed.length === 0 ? 'Reloaded; nothing has changed' : `Reloaded: ${changed.join(', ')}`;
  return `${took}.${needsRestart.length === 0 ? '' : ` Needs a restart: ${needsRestart.join(', ')}.`}`;
};
