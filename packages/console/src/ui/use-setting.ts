import { useSyncExternalStore } from 'react'
import type { Setting } from './setting.ts'

export function useSetting<T extends string>(setting: Setting<T>): T {
  return useSyncExternalStore(setting.subscribe, setting.get)
}
