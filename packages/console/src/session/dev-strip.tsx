import { useConnection, useHeadrace } from '@headrace/client/react'
import { useState, type ReactNode } from 'react'
import { text } from '../text.ts'
import { Button } from '../ui/button.tsx'
import { Icon } from '../ui/icon.tsx'
import { InviteDialog } from './invite-dialog.tsx'
import { useSessionPlace } from './session-context.ts'
import { useDelivery } from './use-delivery.ts'
import './dev-strip.css'

/** For demos and developers: breaks the connection on purpose, and shows that nothing is lost or doubled. */
export function DevStrip({ seq }: { readonly seq: number }): ReactNode {
  const client = useHeadrace()
  const { may } = useSessionPlace()
  const status = useConnection()
  const { received, lost, doubled } = useDelivery()
  const [inviting, setInviting] = useState(false)
  // Only going offline on purpose has no time of return.
  const away = status.state === 'offline' && status.retryAt === null
  return (
    <section className="dev" aria-label={text.dev.label}>
      <dl className="dev-facts">
        <Fact name={text.dev.seq} value={seq} testId="dev-seq" />
        <Fact name={text.dev.received} value={received} testId="dev-received" />
        <Fact name={text.dev.lost} value={lost} testId="dev-lost" />
        <Fact name={text.dev.doubled} value={doubled} testId="dev-doubled" />
      </dl>
      <div className="dev-buttons">
        <Button size="small" look="quiet" disabled={status.state !== 'online'} onClick={() => client.drop()}>
          {text.dev.drop}
        </Button>
        <Button size="small" look="quiet" onClick={() => client.setOnline(away)}>
          {away ? text.dev.goOnline : text.dev.goOffline}
        </Button>
        {may.admin && (
          <Button size="small" look="quiet" icon={<Icon name="invite" />} onClick={() => setInviting(true)}>
            {text.dev.invite}
          </Button>
        )}
      </div>
      {inviting && <InviteDialog onClose={() => setInviting(false)} />}
    </section>
  )
}

interface FactProps {
  readonly name: string
  readonly value: number
  readonly testId: string
}

function Fact({ name, value, testId }: FactProps): ReactNode {
  return (
    <div className="dev-fact">
      <dt>{name}</dt>
      <dd data-testid={testId} data-value={value}>
        {text.number(value)}
      </dd>
    </div>
  )
}
