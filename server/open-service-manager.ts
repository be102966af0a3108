/** Whoever has started the gateway as a service and wants to hear how it is, as systemd does with `Type=notify`. */
import type { ServiceManager, ServiceManagerOptions } from './ops/service-manager.js';

/** Null where nobody wants to hear, which loads nothing, or nobody can be told, which is a warning. */
export const openServiceManager = async (options: ServiceManagerOptions): Promise<ServiceManager | null> => {
  if (!options.env.NOTIFY_SOCKET) return null;
  const loaded = await import('./ops/service-manager.js');
  return loaded.ServiceManager.open(options);
};
