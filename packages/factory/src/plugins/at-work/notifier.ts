import type { Notifier } from '../../notify/notifier.ts'
import type { PluginThread } from '../plugin-thread.ts'

export function pluginNotifier(name: string, thread: PluginThread): Notifier {
  return {
    name,
    notify: async (notice) => void (await thread.call('notify', [notice])),
  }
}
