import { useId, type ReactNode } from 'react'
import './bar-chart.css'

export interface Bar {
  /** Below it, and in the table. */
  readonly label: string
  /** From below: each a length and how it looks. */
  readonly pieces: readonly { readonly value: number; readonly tone: 'good' | 'shown' | 'bad' | 'plain' }[]
  /** What it says, in words. */
  readonly told: string
}

interface Props {
  readonly title: string
  /** The longest bar, in words. */
  readonly most: string
  readonly bars: readonly Bar[]
  /** What a full height stands for. Default: the longest bar. */
  readonly full?: number
  readonly none: string
}

const [width, height, gap] = [600, 120, 3]
const fewestBars = 12

/** Lengths over time. Whoever does not see it reads the same as a table. */
export function BarChart({ title, most, bars, full, none }: Props): ReactNode {
  const id = useId()
  const sums = bars.map(({ pieces }) => pieces.reduce((sum, { value }) => sum + value, 0))
  const top = full ?? Math.max(...sums, 0)
  // A single bar is no wall.
  const step = width / Math.max(fewestBars, bars.length)
  return (
    <figure className="chart" aria-labelledby={id} data-testid="chart">
      <figcaption id={id} className="chart-title">
        {title} <span className="chart-most">{top > 0 ? most : none}</span>
      </figcaption>
      <svg className="chart-drawing" viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" aria-hidden="true">
        <line className="chart-base" x1="0" y1={height - 0.5} x2={width} y2={height - 0.5} />
        {top > 0 &&
          bars.map(({ label, pieces, told }, index) => {
            let y = height
            return (
              <g key={label}>
                <title>{`${label}: ${told}`}</title>
                {pieces.map(({ value, tone }) => {
                  const length = (Math.min(value, top) / top) * (height - 2)
                  y -= length
                  return (
                    <rect
                      key={tone}
                      className="chart-bar"
                      data-tone={tone}
                      x={index * step + gap / 2}
                      y={y}
                      width={Math.max(1, step - gap)}
                      height={length}
                    />
                  )
                })}
              </g>
            )
          })}
      </svg>
      <div className="chart-ends" aria-hidden="true">
        <span>{bars[0]?.label}</span>
        {bars.length >= fewestBars && <span>{bars.at(-1)?.label}</span>}
      </div>
      <table className="visually-hidden">
        <tbody>
          {bars.map(({ label, told }) => (
            <tr key={label}>
              <th scope="row">{label}</th>
              <td>{told}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </figure>
  )
}
