import { count, lengthOf, number } from './amounts.ts'

export const inbox = {
  title: 'Inbox',
  waiting: 'waiting for you',
  lead: (n: number): string =>
    n === 0 ? 'Nothing waits for you' : count(n, 'thing waits for you', 'things wait for you'),
  titleCount: (n: number): string => `(${number(n)}) `,
  empty: 'Nothing waits for you',
  emptyLead: 'What agents ask you, what failed and who named you comes together here, from all sessions and lanes.',
  stale: (reason: string): string => `This may not be the newest. ${reason}`,
  awayTitle: 'Offline.',
  awayLead: 'This waited when the server answered last. What you settle here needs the connection.',
  unseen: 'Offline',
  unseenLead: 'What waits for you can’t be seen without the server. It is shown when the connection is back.',
  requests: 'Waits for your answer',
  failures: 'Failed',
  mentions: 'You were named',
  unread: 'Unread',
  in: 'in',
  anAgent: 'An agent',
  until: (ms: number): string => (ms <= 0 ? 'runs out now' : `runs out in ${lengthOf(ms)}`),
  failed: 'What you asked for failed.',
  failedBecause: (agent: string, reason: string, detail: string | undefined): string =>
    `${agent} ended: ${detail ?? reason}`,
  unreadCount: (n: number, words: string): string =>
    words === '' ? count(n, 'message', 'messages') : `${count(n, 'message', 'messages')}, from: ${words}`,
  seen: 'Mark as seen',
  pushOn: 'This device is told',
  pushOff: 'Tell this device',
  pushBlocked: 'Your browser does not let this page notify you.',
} as const
