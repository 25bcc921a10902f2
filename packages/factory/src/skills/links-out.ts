import path from 'node:path'

/** Something in a text of a skill that is taken for the path of another file. */
export interface SkillReference {
  /** From 1. */
  readonly line: number
  readonly target: string
  /** The path in the skill's folder, or that it leads out of it. */
  readonly leads: { readonly to: string } | { readonly out: string }
}

// Links and images, definitions of links, and files that some agents take in by themselves: `@file`.
const patterns = [
  /\]\(\s*<?([^\s<>()]+)/g,
  /^\s{0,3}\[[^\]]+\]:\s*<?(\S+?)>?(?:\s|$)/g,
  /(?:^|\s)@((?:~|\.{0,2}\/)\S+)/g,
]

/** The files that a Markdown text refers to. What stands in fences is an example. */
export function referencesOf(text: string, file: string): readonly SkillReference[] {
  const found: SkillReference[] = []
  let fence: string | undefined
  for (const [index, line] of text.split('\n').entries()) {
    const [, mark, after = ''] = /^\s{0,3}(`{3,}|~{3,})(.*)$/.exec(line) ?? []
    if (fence === undefined ? opens(mark, after) : closes(mark, after, fence)) {
      fence = fence === undefined ? mark : undefined
      continue
    }
    if (fence !== undefined) continue
    for (const pattern of patterns)
      for (const [, target = ''] of line.matchAll(pattern)) {
        const leads = whereTo(target, file)
        if (leads) found.push({ line: index + 1, target, leads })
      }
  }
  return found
}

/** Behind backticks with others in the same line there is no fence, but code in a line of text. */
function opens(mark: string | undefined, after: string): boolean {
  return mark !== undefined && !(mark.startsWith('`') && after.includes('`'))
}

/** One that names a language closes none: it is a line of the example. */
function closes(mark: string | undefined, after: string, fence: string): boolean {
  return mark !== undefined && mark[0] === fence[0] && mark.length >= fence.length && after.trim() === ''
}

function whereTo(target: string, file: string): SkillReference['leads'] | undefined {
  const plain = decoded(target.replace(/[?#].*$/, '')).replaceAll('\\', '/')
  if (plain === '') return undefined
  if (/^file:/i.test(plain)) return { out: 'it names a file of the machine' }
  if (/^[a-z][a-z0-9+.-]+:/i.test(plain)) return undefined
  if (plain.startsWith('/') || plain.startsWith('~') || /^[a-z]:/i.test(plain))
    return { out: 'it names a file of the machine' }
  const to = path.posix.normalize(path.posix.join(path.posix.dirname(file), plain))
  return to === '..' || to.startsWith('../') ? { out: 'it leads out of the skill' } : { to: to.replace(/\/$/, '') }
}

function decoded(target: string): string {
  try {
    return decodeURIComponent(target)
  } catch {
    return target // a lone % is itself
  }
}
