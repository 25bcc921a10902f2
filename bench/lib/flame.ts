import type { Profiler } from 'node:inspector'
import { escape, round } from './plot.ts'

const width = 1_200
const rowHeight = 16
const head = 28
/** Narrower than this there is nothing to read, in pixels. */
const narrowest = 1.5
const charWidth = 6.1

interface Frame {
  readonly name: string
  readonly color: string
  micros: number
  readonly callees: Map<string, Frame>
}

/**
 * A CPU profile as a flame graph: who calls whom from top to bottom, widths are shares of the time. What waits for work is
 * left out, so the whole width is the time in which the thread was busy.
 *
 * @param fromMs - what came before is left out: the start of the program
 */
export function flame(profile: Profiler.Profile, { title, fromMs }: { title: string; fromMs: number }): string {
  const root = collect(profile, fromMs)
  const drawn: string[] = []
  const deepest = draw(root, { left: 0, depth: 0, scale: width / Math.max(1, root.micros), drawn })
  const height = head + (deepest + 1) * rowHeight + 6
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" font-family="monospace" font-size="10" fill="#222">`,
    `<title>${escape(title)}</title>`,
    '<rect width="100%" height="100%" fill="#fff"/>',
    `<text x="8" y="18" font-family="sans-serif" font-size="13" font-weight="bold">${escape(title)}</text>`,
    ...drawn,
    '</svg>',
  ].join('\n')}\n`
}

function collect({ nodes, samples = [], timeDeltas = [] }: Profiler.Profile, fromMs: number): Frame {
  const byId = new Map(nodes.map((node) => [node.id, node]))
  const callers = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)))
  const root: Frame = { name: 'all', color: '#ddd', micros: 0, callees: new Map() }
  let elapsed = 0
  for (const [index, sample] of samples.entries()) {
    const micros = timeDeltas[index] ?? 0
    elapsed += micros
    const stack: Profiler.ProfileNode[] = []
    for (let id: number | undefined = sample; id !== undefined; id = callers.get(id)) {
      const node = byId.get(id)
      if (node && node.callFrame.functionName !== '(root)') stack.unshift(node)
    }
    if (elapsed < fromMs * 1_000 || stack[0]?.callFrame.functionName === '(idle)') continue
    let frame = root
    frame.micros += micros
    for (const node of stack) frame = enter(frame, node, micros)
  }
  return root
}

function enter(caller: Frame, { callFrame }: Profiler.ProfileNode, micros: number): Frame {
  const file = callFrame.url.replace(/^.*\//, '')
  const name = `${callFrame.functionName || '(anonymous)'}${file === '' ? '' : ` ${file}`}`
  const frame = caller.callees.get(name) ?? { name, color: colorOf(callFrame.url), micros: 0, callees: new Map() }
  caller.callees.set(name, frame)
  frame.micros += micros
  return frame
}

/** Ours, its dependencies, Node, and what has no script: the kernel's calls and the collection of garbage. */
function colorOf(url: string): string {
  if (url === '') return '#d9d9d9'
  if (url.startsWith('node:')) return '#c9dfc4'
  return url.includes('/node_modules/') ? '#f2d7a6' : '#a9cfe5'
}

interface Pen {
  readonly left: number
  readonly depth: number
  readonly scale: number
  readonly drawn: string[]
}

/** Returns how deep it went. */
function draw(frame: Frame, { left, depth, scale, drawn }: Pen): number {
  const wide = frame.micros * scale
  if (wide < narrowest) return depth - 1
  const top = head + depth * rowHeight
  const share = ((wide / width) * 100).toFixed(1)
  const room = Math.floor((wide - 6) / charWidth)
  const label =
    room < 3
      ? ''
      : `<text x="${round(left + 3)}" y="${top + 11}">${escape(`${frame.name} ${share} %`.slice(0, room))}</text>`
  drawn.push(
    `<g><title>${escape(`${frame.name}: ${share} %`)}</title><rect x="${round(left)}" y="${top}" width="${round(wide)}" height="${rowHeight - 1}" fill="${frame.color}" stroke="#fff" stroke-width="0.5"/>${label}</g>`,
  )
  let at = left
  let deepest = depth
  for (const callee of [...frame.callees.values()].toSorted((a, b) => b.micros - a.micros)) {
    deepest = Math.max(deepest, draw(callee, { left: at, depth: depth + 1, scale, drawn }))
    at += callee.micros * scale
  }
  return deepest
}
