import type { ReactNode } from 'react'

/** Facts, each a number that is read at a glance. */
export function Tiles({ facts }: { readonly facts: readonly (readonly [called: string, value: string])[] }): ReactNode {
  return (
    <dl className="tiles" data-testid="ledger-totals">
      {facts.map(([called, value]) => (
        <div key={called} className="tile">
          <dt>{called}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}
