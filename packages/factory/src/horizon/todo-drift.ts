import type { Vault } from '../clones/open-vault.ts'
import { splitZ } from '../work/tree-entries.ts'
import { digest, named, type Proposal } from './proposal.ts'
import { triage } from './triage.ts'

/** A note in the code that something is left to do. */
export interface Marker {
  readonly path: string
  readonly line: number
  readonly word: 'TODO' | 'FIXME' | 'XXX' | 'HACK'
  readonly text: string
  /** When the line was written, in ms since 1970. */
  readonly at: number
}

const maxFiles = 40
const maxMarkers = 400
const oldMs = 90 * 86_400_000
const words = ['TODO', 'FIXME', 'XXX', 'HACK']

/**
 * The markers in the base branch with their age, read from the trusted repository: git is started without filters, drivers or
 * a shell, so nothing of what stands there can run. Of many files those with most markers.
 */
export async function readMarkers(vault: Vault, commit: string): Promise<readonly Marker[]> {
  const { git } = vault
  const args = [
    'grep',
    '-I',
    '-z',
    '-n',
    '--no-color',
    '--no-textconv',
    '-w',
    '-F',
    ...words.flatMap((word) => ['-e', word]),
    commit,
  ]
  const { code, stdout } = await git.run(args, { okCodes: [0, 1] })
  if (code === 1) return []
  const found = readGrep(stdout, commit).slice(0, maxMarkers * 10)
  const byFile = [...Map.groupBy(found, ({ path }) => path)].toSorted(([, a], [, b]) => b.length - a.length)
  const markers: Marker[] = []
  for (const [path, hits] of byFile.slice(0, maxFiles)) {
    const times = await lineTimes(git, { commit, path })
    for (const hit of hits) {
      if (markers.length >= maxMarkers) return markers
      markers.push({ ...hit, at: times.get(hit.line) ?? 0 })
    }
  }
  return markers
}

type Hit = Omit<Marker, 'at'>

/** `<commit>:<path>\0<line>\0<text>\n`, over and over. */
function readGrep(stdout: Buffer, commit: string): readonly Hit[] {
  const hits: Hit[] = []
  const pieces = [...splitZ(Buffer.concat([stdout, Buffer.of(0)]))].map((piece) => piece.toString('utf8'))
  let name = pieces[0] ?? ''
  for (let at = 1; at + 1 < pieces.length; at += 2) {
    const line = Number(pieces[at])
    // The text ends with its line; what follows is the name of the next hit.
    const [text = '', ...next] = (pieces[at + 1] ?? '').split('\n')
    const word = /\b(TODO|FIXME|XXX|HACK)\b/.exec(text)?.[1]
    if (word !== undefined)
      hits.push({ path: name.slice(commit.length + 1), line, word: word as Marker['word'], text: text.trim() }) // of the pattern
    name = next.join('\n')
  }
  return hits
}

async function lineTimes(
  git: Vault['git'],
  { commit, path }: { readonly commit: string; readonly path: string },
): Promise<ReadonlyMap<number, number>> {
  const { stdout } = await git.run(['blame', '--line-porcelain', commit, '--', path])
  const times = new Map<number, number>()
  let line = 0
  for (const text of stdout.toString('utf8').split('\n')) {
    const header = /^[0-9a-f]{40,64} \d+ (\d+)/.exec(text)
    if (header) line = Number(header[1])
    else if (text.startsWith('author-time ')) times.set(line, Number(text.slice(12)) * 1_000)
  }
  return times
}

/** What is left to do for long, a proposal for each file. Pure. */
export function todoProposals(markers: readonly Marker[], now: number): readonly Proposal[] {
  const old = markers.filter(({ at }) => now - at >= oldMs)
  return [...Map.groupBy(old, ({ path }) => path)].flatMap(([path, own]) => {
    const wrong = own.filter(({ word }) => word !== 'TODO')
    if (own.length < 3 && wrong.length === 0) return []
    const oldest = Math.min(...own.map(({ at }) => at))
    const days = Math.floor((now - oldest) / 86_400_000)
    return [
      {
        signature: { source: 'todo', subject: path, parts: own.map(({ text }) => digest(text)) },
        title: `Settle what ${named(path)} has left to do`,
        why: `${own.length} markers are older than 90 days, the oldest ${days} days: each is done, made a task, or taken out.`,
        kind: wrong.length > 0 ? ('bug' as const) : ('feature' as const),
        priority: triage({ isKnownWrong: wrong.length > 0 }),
        evidence: own.map(({ line, word, text, at }) => ({
          where: `${path}:${line}`,
          what: `${word}, ${Math.floor((now - at) / 86_400_000)} days old`,
          quote: text,
        })),
        acceptance: [`None of the markers is left in ${named(path)} without a reason that a reader understands.`],
      },
    ]
  })
}
