import type { ReactNode } from 'react'

interface Props {
  readonly title: string
  /** Above the columns. */
  readonly heads: readonly string[]
  readonly rows: readonly { readonly name: string; readonly cells: readonly ReactNode[] }[]
  /** What stands in the second column are words, not numbers. */
  readonly worded?: boolean
}

/** A table whose rows are named. */
export function LineTable({ title, heads, rows, worded = false }: Props): ReactNode {
  return (
    <section className="ledger-lines">
      <h2 className="ledger-heading">{title}</h2>
      {rows.length > 0 && (
        /* It is wider than a phone. */
        /* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */
        <div className="ledger-table" tabIndex={0}>
          <table data-worded={worded || undefined}>
            <thead>
              <tr>
                {heads.map((head) => (
                  <th key={head} scope="col">
                    {head}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rows.map(({ name, cells }) => (
                <tr key={name} data-testid="ledger-line" data-name={name}>
                  <th scope="row">
                    <bdi>{name}</bdi>
                  </th>
                  {cells.map((cell, index) => (
                    <td key={heads[index + 1]}>{cell}</td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  )
}
