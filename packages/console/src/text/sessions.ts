import { count } from './amounts.ts'

export const nav = {
  sessions: 'Sessions',
  ways: 'Across sessions',
  newSession: 'New session',
  more: 'Show more',
  signOut: 'Leave',
  signOutHint: 'Forget the token in this tab',
  loading: 'Loading sessions',
  empty: 'No sessions yet',
  emptyLead: 'A session is a conversation that lasts: people and agents share it, live, from any device.',
  failed: (reason: string): string => `The list could not be loaded. ${reason}`,
  status: { active: 'Working', waiting: 'Waiting for an agent', idle: '' },
  messages: (n: number): string => count(n, 'message', 'messages'),
  unread: 'unread',
  search: 'Search',
  shown: 'Which sessions',
  filters: { all: 'All', working: 'Working', unread: 'Unread', archived: 'Archived' },
  nothing: 'Nothing like that.',
  found: 'In messages',
} as const

export const create = {
  title: 'New session',
  label: 'Title',
  optional: 'optional',
  placeholder: 'What is it about?',
  create: 'Create',
  cancel: 'Cancel',
} as const
