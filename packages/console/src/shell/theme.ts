import { createSetting } from '../ui/setting.ts'

export type Theme = 'auto' | 'light' | 'dark'

const order = ['auto', 'light', 'dark'] as const

/** Dark, light, or as the system says. */
export const theme = createSetting<Theme>('theme', order)

/** The theme after another one, round and round. */
export function nextTheme(current: Theme): Theme {
  return order[(order.indexOf(current) + 1) % order.length] ?? 'auto'
}

/** Puts the theme on the page, now and whenever it changes. */
export function applyTheme(): void {
  const apply = (): void => {
    const value = theme.get()
    if (value === 'auto') delete document.documentElement.dataset['theme']
    else document.documentElement.dataset['theme'] = value
  }
  apply()
  theme.subscribe(apply)
}
