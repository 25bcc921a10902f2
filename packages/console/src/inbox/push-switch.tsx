import type { ReactNode } from 'react'
import { text } from '../text.ts'
import { Button } from '../ui/button.tsx'
import { Icon } from '../ui/icon.tsx'
import { usePush } from './use-push.ts'

/** Whether this device is told while the page is closed. Absent where that can't be had. */
export function PushSwitch(): ReactNode {
  const { state, refused, turn } = usePush()
  if (state === 'unknown' || state === 'none') return null
  return (
    <div className="inbox-push" data-testid="push" data-state={state}>
      <Button
        size="small"
        icon={<Icon name="bell" />}
        aria-pressed={state === 'on'}
        disabled={state === 'blocked'}
        onClick={() => turn(state !== 'on')}
      >
        {state === 'on' ? text.inbox.pushOn : text.inbox.pushOff}
      </Button>
      {state === 'blocked' && <p className="inbox-note">{text.inbox.pushBlocked}</p>}
      {refused !== undefined && <p role="alert">{refused}</p>}
    </div>
  )
}
