import { useEffect } from 'react'
import { createSetting } from '../ui/setting.ts'

/** Single keys can be turned off: they get in the way of speech control. */
export const singleKeys = createSetting('single-keys', ['on', 'off'])

/** Whether keys pressed there are words and not orders. */
function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest('input, textarea, select, [contenteditable]') !== null
}

/** Runs what belongs to a key, unless somebody types, a window is open, or single keys are turned off. */
export function useShortcuts(keys: Readonly<Record<string, () => void>>): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      const run = Object.hasOwn(keys, event.key) ? keys[event.key] : undefined
      if (!run || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return
      if (singleKeys.get() === 'off' || isTyping(event.target) || document.querySelector('dialog[open]')) return
      event.preventDefault()
      run()
    }
    addEventListener('keydown', onKey)
    return () => removeEventListener('keydown', onKey)
  }, [keys])
}
