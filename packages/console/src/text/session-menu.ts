import { compact, count, number, usd } from './amounts.ts'

export const menu = {
  label: 'More about this session',
  export: 'Export',
  exporting: (lines: number): string => `${number(lines)} lines so far`,
  inspect: 'Inspect',
  archive: 'Archive',
  restore: 'Take out of the archive',
} as const

export const runs = {
  title: 'Runs and cost',
  none: 'Nothing was asked of an agent yet.',
  complete: 'Complete',
  tokens: (input: number, output: number): string => `${compact(input)} tokens in, ${compact(output)} out`,
  tools: (n: number): string => count(n, 'tool call', 'tool calls'),
  budgetTokens: (n: number): string => `of ${compact(n)} tokens`,
  budgetCost: (amount: number): string => `of ${usd(amount)}`,
  undelivered: (error: string): string => `Its agent could not be called: ${error}`,
  pause: (agent: string): string => `Pause ${agent}`,
  resume: (agent: string): string => `Let ${agent} go on`,
  stopAll: (agent: string): string => `Stop ${agent} and all that it started`,
} as const

export const invite = {
  title: 'Invite someone',
  lead: 'Whoever opens this link joins this session under the name you give, for 24 hours. Treat it like a key.',
  name: 'Their name',
  nameDefault: 'Guest',
  may: 'They may',
  part: 'Take part',
  watch: 'Only watch',
  make: 'Make the link',
  link: 'Link',
  copy: 'Copy link',
  copied: 'Link copied',
  close: 'Close',
  failed: (reason: string): string => `No link was made. ${reason}`,
  forbidden: 'Your token does not allow making others.',
} as const

export const dev = {
  label: 'Developer',
  drop: 'Drop connection',
  goOffline: 'Go offline',
  goOnline: 'Go online',
  invite: 'Invite',
  seq: 'seq',
  received: 'received',
  lost: 'lost',
  doubled: 'doubled',
} as const
