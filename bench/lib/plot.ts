/** A line of a {@link plot}. */
export interface Line {
  readonly name: string
  readonly color: string
  /** On logarithmic axes both are above 0. */
  readonly points: readonly { readonly x: number; readonly y: number }[]
}

/** One chart of a {@link plot}. */
export interface Chart {
  readonly title: string
  /** Default `log`. Linear axes begin at 0. */
  readonly axes?: 'log' | 'linear'
  readonly lines: readonly Line[]
  /** How a value of the vertical axis is written. */
  readonly label: (value: number) => string
}

const width = 420
const height = 320
const left = 64
const right = 40
const top = 40
const bottom = 92

/**
 * Charts side by side as an SVG picture. On logarithmic axes what stays the same is a level line and what grows with the log
 * is a slope. It brings its own background, so that it can be read on a dark page too.
 */
export function plot(charts: readonly Chart[], xTitle: string): string {
  const drawn = charts.map((chart, index) => `<g transform="translate(${index * width} 0)">${draw(chart, xTitle)}</g>`)
  const box = `0 0 ${charts.length * width} ${height}`
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="${box}" role="img" font-family="sans-serif" font-size="11" fill="#333">`,
    `<title>${escape(charts.map(({ title }) => title).join('; '))}</title>`,
    '<rect width="100%" height="100%" fill="#fff"/>',
    ...drawn,
    '</svg>',
  ].join('\n')}\n`
}

function draw({ title, axes = 'log', lines, label }: Chart, xTitle: string): string {
  const points = lines.flatMap((line) => line.points)
  const scale = axes === 'log' ? logScale : linearScale
  const x = scale(
    points.map((point) => point.x),
    left,
    width - right,
  )
  const y = scale(
    points.map((point) => point.y),
    height - bottom,
    top,
  )
  const grid = [
    ...y.ticks.map((value) => rule(left, y.at(value), width - right, y.at(value))),
    ...y.ticks.map((value) => text(left - 6, y.at(value) + 4, label(value), 'end')),
    ...x.ticks.map((value) => rule(x.at(value), top, x.at(value), height - bottom)),
    ...x.ticks.map((value) => text(x.at(value), height - bottom + 16, value.toLocaleString('en-US'), 'middle')),
  ]
  const drawn = lines.map(({ color, points: own }) => {
    const path = own.map((point) => `${round(x.at(point.x))},${round(y.at(point.y))}`)
    const dots = path.map((at) => `<circle cx="${at.split(',')[0]}" cy="${at.split(',')[1]}" r="3" fill="${color}"/>`)
    return `<polyline points="${path.join(' ')}" fill="none" stroke="${color}" stroke-width="2"/>${dots.join('')}`
  })
  const legend = lines.map(({ name, color }, index) => {
    const at = height - bottom + 44 + 14 * index
    return `${text(left + 16, at, name, 'start')}<rect x="${left}" y="${at - 8}" width="10" height="10" fill="${color}"/>`
  })
  return [
    `<text x="${left}" y="22" font-size="13" font-weight="bold">${escape(title)}</text>`,
    ...grid,
    ...drawn,
    text((left + width - right) / 2, height - bottom + 30, xTitle, 'middle'),
    ...legend,
  ].join('\n')
}

interface Scale {
  at(value: number): number
  /** The values that are shown: powers of ten, or round steps. */
  readonly ticks: readonly number[]
}

function linearScale(values: readonly number[], from: number, to: number): Scale {
  const top = Math.max(1e-9, ...values)
  const power = 10 ** Math.floor(Math.log10(top / 4))
  const step = power * ([1, 2, 5, 10].find((factor) => top / (factor * power) <= 5) ?? 10)
  const last = Math.ceil(top / step)
  return {
    at: (value) => from + (value / (last * step)) * (to - from),
    ticks: Array.from({ length: last + 1 }, (_, index) => index * step),
  }
}

export function logScale(values: readonly number[], from: number, to: number): Scale {
  const first = Math.floor(Math.log10(Math.min(...values)))
  const last = Math.max(first + 1, Math.ceil(Math.log10(Math.max(...values))))
  return {
    at: (value) => from + ((Math.log10(value) - first) / (last - first)) * (to - from),
    ticks: Array.from({ length: last - first + 1 }, (_, index) => 10 ** (first + index)),
  }
}

export function rule(x1: number, y1: number, x2: number, y2: number): string {
  return `<path d="M${round(x1)} ${round(y1)}L${round(x2)} ${round(y2)}" stroke="#ddd"/>`
}

export function text(x: number, y: number, content: string, anchor: 'start' | 'middle' | 'end'): string {
  return `<text x="${round(x)}" y="${round(y)}" text-anchor="${anchor}">${escape(content)}</text>`
}

export function round(value: number): string {
  return value.toFixed(1)
}

export function escape(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}
