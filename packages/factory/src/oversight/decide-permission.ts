/**
 * What an agent may do by itself (F4). The level of the lane decides first, then the lane's rules, then a person. What is
 * dangerous always goes to a person, whatever the level.
 */
import type { PermissionAsk, ToolKind } from '../agents/agent.ts'
import type { Oversight } from '../floor/plan-floor.ts'

export type PermissionDecision =
  | { readonly decision: 'allow'; readonly why: string }
  | { readonly decision: 'reject'; readonly why: string }
  /** A person is asked. */
  | { readonly decision: 'ask'; readonly why: string }

/** A rule of a lane. The first that fits counts. */
export interface PermissionRule {
  /** Default: any. */
  readonly tools?: readonly ToolKind[]
  /** Fits when every path of the call fits one of these globs, relative to the clone. Default: any. */
  readonly paths?: readonly string[]
  /** Fits when the command begins with one of these. Default: any. */
  readonly commands?: readonly string[]
  readonly decision: 'allow' | 'reject' | 'ask'
}

export interface PermissionContext {
  readonly oversight: Oversight
  readonly rules: readonly PermissionRule[]
  /** The clone: paths are seen from there. */
  readonly cwd: string
  /** Whether a path, relative to the clone, fits a glob. */
  readonly fits: (path: string, glob: string) => boolean
}

/** A word of a command line, with what is quoted in it. */
const word = String.raw`(?:"[^"]*"|'[^']*'|[^\s"'])+`
/** Options between a program and what it is to do, with their values: `git --no-pager -C /x push`. */
const options = String.raw`(?:-${word}\s+(?:(?!-)${word}\s+)?)*`
/** The rest of one command, before what begins another. */
const rest = String.raw`[^;&|\n]*`
/** A word that leads out of the folder, but for the file that output goes to. */
const outward = String.raw`(?:(?:${rest}[\s"'])?(?:(?<![<>]\s*)\/|~|\$\{?HOME\b|\.\.(?![^\s"'/]))|${rest}\/\.\.(?![^\s"'/]))`

/** Commands whose harm reaches beyond the clone, or can't be taken back. What hides a command counts as one. */
const dangerous: readonly { readonly pattern: RegExp; readonly why: string }[] = [
  { pattern: /\b(sudo|doas|su)\s/, why: 'it asks for rights of another user' },
  {
    pattern: new RegExp(String.raw`\brm\s(?=(?:${rest}\s)?-(?:[a-z]*[rf]|-recursive|-force))${outward}`, 'i'),
    why: 'it deletes outside of the clone',
  },
  {
    pattern: new RegExp(String.raw`\bgit\s+${options}push\b`),
    why: 'it pushes; only the gate takes work out of a clone',
  },
  { pattern: new RegExp(String.raw`\bgit\s+${options}(config|remote|submodule)\b`), why: 'it changes how git works' },
  { pattern: /\b(curl|wget|fetch)\b.*\|\s*(\S*\/)?(ba|z|da)?sh\b/, why: 'it runs what it downloads' },
  { pattern: /\b((ba|z|da)?sh|source)\s.*(<\(|\$\(|`)\s*(curl|wget)\b/, why: 'it runs what it downloads' },
  {
    pattern: new RegExp(String.raw`\b(npm|pnpm|yarn|cargo|poetry|uv)(@\S+)?\s+${options}(publish|login|adduser)\b`),
    why: 'it publishes',
  },
  { pattern: new RegExp(String.raw`\b(twine|gem|docker)\s+${options}(upload|push|login)\b`), why: 'it publishes' },
  { pattern: /\b(shutdown|reboot|mkfs|dd\s+.*of=\/dev|systemctl|crontab|launchctl)\b/, why: 'it changes the machine' },
  { pattern: /\b(kill|pkill|killall)\b/, why: 'it ends processes' },
  { pattern: /\b(base64\s(.*\s)?(-[a-z]*d|--d)|eval\b)/i, why: 'it hides what it runs' },
  { pattern: /(^|[\s/~"'=])\.(ssh|aws|gnupg|netrc|npmrc|docker\/config)\b/, why: 'it is about secrets' },
]

/** Characters of a command that is looked at; a small file that it writes fits in. */
const maxCommand = 16_384

const reads: ReadonlySet<ToolKind> = new Set(['read', 'search', 'think'])

/** What becomes of an ask. */
export function decidePermission(ask: PermissionAsk, context: PermissionContext): PermissionDecision {
  const { oversight, rules } = context
  const outside = ask.paths.find((path) => !isInside(path, context.cwd))
  if (outside !== undefined) return { decision: 'ask', why: `${outside} is outside of the clone` }
  const command = ask.command ?? ''
  // Before it is looked at: one that is made to be slow to read would hold up all others.
  if (command.length > maxCommand) return { decision: 'ask', why: 'its command is longer than anybody reads' }
  const danger = dangerous.find(({ pattern }) => pattern.test(command))
  if (danger) return { decision: 'ask', why: danger.why }
  // Nobody can say that a command is harmless which they were not shown.
  if (ask.tool === 'execute' && ask.command === undefined) return { decision: 'ask', why: 'its command is not shown' }
  if (oversight === 'observe' && !reads.has(ask.tool)) return { decision: 'reject', why: 'the lane only observes' }
  const rule = rules.find((candidate) => fitsRule(candidate, ask, context))
  if (rule) return { decision: rule.decision, why: 'a rule of the lane' }
  if (reads.has(ask.tool)) return { decision: 'allow', why: 'it only reads' }
  switch (ask.tool) {
    case 'edit':
    case 'delete':
    case 'move':
    case 'execute':
      return { decision: 'allow', why: 'it stays in the clone, and the gate judges what leaves it' }
    case 'fetch':
      return oversight === 'unattended'
        ? { decision: 'reject', why: 'nobody is there to ask about the network' }
        : { decision: 'ask', why: 'it reads from the network' }
    case 'switch_mode':
      return { decision: 'reject', why: 'its mode is set by the lane' }
    case 'other':
    case 'read':
    case 'search':
    case 'think':
      return oversight === 'unattended'
        ? { decision: 'reject', why: 'nobody is there to ask what it is' }
        : { decision: 'ask', why: 'what it does is not known' }
    default:
      return ask.tool satisfies never
  }
}

function fitsRule(rule: PermissionRule, ask: PermissionAsk, { cwd, fits }: PermissionContext): boolean {
  const { tools, paths, commands } = rule
  if (tools && !tools.includes(ask.tool)) return false
  if (commands && !commands.some((begin) => startsWithWord(ask.command ?? '', begin))) return false
  if (!paths) return true
  const relative = ask.paths.map((path) => relativeTo(path, cwd))
  return relative.length > 0 && relative.every((path) => paths.some((glob) => fits(path, glob)))
}

/** `npm test` begins `npm test -- x` and neither `npm testify` nor `npm test; rm x`. */
function startsWithWord(command: string, begin: string): boolean {
  if (!command.startsWith(begin)) return false
  const rest = command.slice(begin.length)
  return /^(\s|$)/.test(rest) && !/[;&|`$<>\n(){}]/.test(rest)
}

function isInside(path: string, cwd: string): boolean {
  const relative = relativeTo(path, cwd)
  return !relative.startsWith('/') && !/^~|^[A-Za-z]:/.test(relative) && !relative.split('/').includes('..')
}

function relativeTo(path: string, cwd: string): string {
  const root = cwd.endsWith('/') ? cwd : `${cwd}/`
  if (path === cwd) return '.'
  return path.startsWith(root) ? path.slice(root.length) : path
}
