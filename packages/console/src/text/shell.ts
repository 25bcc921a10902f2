export const product = 'Headrace'

export const skip = 'Skip to the conversation'

export const home = {
  title: 'Pick up where you left off',
  lead: 'Choose a session from the list, or begin a new one. Everything said in it is kept in order and shown to everyone who has it open.',
} as const

export const theme = {
  label: (name: string): string => `Theme: ${name}`,
  names: { auto: 'automatic', light: 'light', dark: 'dark' },
} as const

export const shortcuts = {
  title: 'Keyboard shortcuts',
  open: 'Keyboard shortcuts',
  close: 'Close',
  enable: 'Single-key shortcuts',
  rows: [
    ['Enter', 'Send the message'],
    ['Shift + Enter', 'Begin a new line'],
    ['Esc', 'Stop everything that is working'],
    ['/', 'Write a message'],
    ['Ctrl + K', 'Go anywhere, do anything'],
    ['i', 'Inbox'],
    ['f', 'Search'],
    ['n', 'New session'],
    ['j  k', 'Next or previous session'],
    ['End', 'Jump to the latest'],
    ['p', 'Replay: play or pause'],
    [',  .', 'Replay: what happened before or next'],
    ['?', 'This list'],
  ],
} as const

export const palette = {
  title: 'Go anywhere, do anything',
  label: 'Name of a session or an action',
  none: 'Nothing is called so.',
  page: 'page',
  does: 'action',
  here: 'this session',
  now: 'Back to the session as it is',
  theme: 'Change the theme',
} as const

export const newer = {
  title: 'This page is older than its server.',
  lead: (type: string): string => `It does not know “${type}”, and may show less than there is.`,
  part: (kind: string): string => `Something that this page does not know (${kind}). A newer one shows it.`,
  reload: 'Reload',
} as const

export const error = {
  title: 'The page stopped',
  lead: 'Something in this page failed. The session itself is not affected: it lives on the server.',
  reload: 'Load it again',
} as const
