import type { ReactNode } from 'react'
import { text } from '../text.ts'
import { Button } from '../ui/button.tsx'
import { Icon } from '../ui/icon.tsx'
import { useSetting } from '../ui/use-setting.ts'
import { nextTheme, theme } from './theme.ts'

/** Goes from automatic to light to dark. */
export function ThemeButton(): ReactNode {
  const current = useSetting(theme)
  const label = text.theme.label(text.theme.names[current])
  return (
    <Button
      look="quiet"
      size="small"
      icon={<Icon name={current} />}
      aria-label={label}
      title={label}
      onClick={() => theme.set(nextTheme(current))}
    />
  )
}
