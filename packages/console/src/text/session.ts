import { count, list, number } from './amounts.ts'

export const session = {
  back: 'All sessions',
  conversation: 'Conversation',
  loading: 'Opening the session',
  working: (names: readonly string[]): string =>
    names.length === 1 ? `${names[0]} is working` : `${list(names)} are working`,
  waiting: 'Waiting for an agent',
  idle: 'Idle',
  missing: 'There is no such session',
  missingLead: (id: string): string => `Nothing is kept under “${id}”. The link may be old, or the session was erased.`,
  create: 'Create it',
  failed: 'This session can’t be shown',
  empty: 'Nothing said yet',
  emptyLead:
    'What you write here is kept, in order. Close the tab, lose the network, change the device: it is all still here.',
  older: (n: number): string => (n > 0 ? `Show older messages (${number(n)})` : 'Show older messages'),
  loadingOlder: 'Loading older messages',
  begins: 'The session begins here.',
  latest: 'Jump to the latest',
  watching: 'You are watching. Your link does not let you write here.',
  titleWorking: (title: string): string => `Working · ${title}`,
} as const

export const people = {
  here: (names: readonly string[]): string => (names.length === 0 ? 'Nobody is here' : `Here now: ${list(names)}`),
  title: 'Here now',
  you: 'you',
  yourself: 'You',
  named: (name: string, devices: number): string => (devices > 1 ? `${name} (${devices} devices)` : name),
  agents: 'Agents',
  atWork: 'Working',
  idle: 'Idle',
  unknownDevice: 'A device',
} as const

export const message = {
  from: (name: string): string => `Message from ${name}`,
  answer: (agent: string): string => `Answer from ${agent}`,
  waitingToBeSent: 'Waiting to be sent',
  sending: 'Sending',
  edited: 'A new version of an earlier message',
  edit: 'Say it anew',
  newWords: 'New words',
  sayAnew: 'Say it anew',
  version: (n: number, of: number): string => `${number(n)} of ${number(of)}`,
  versionBefore: 'Version before',
  versionAfter: 'Version after',
  earlier: (n: number): string => count(n, 'earlier answer', 'earlier answers'),
  inputMissing: 'An answer to an older message',
} as const

export const run = {
  waiting: 'Waiting for an agent',
  absent: (agent: string): string => `Nobody works as ${agent} now. It waits until somebody does.`,
  waitingAgain: (attempt: number, of: number): string => `Agent lost, waiting for attempt ${attempt} of ${of}`,
  queued: (ahead: number): string => `In the queue, ${ahead} ahead`,
  working: 'Working',
  workingAgain: (attempt: number, of: number): string => `Working, attempt ${attempt} of ${of}`,
  suspended: 'Waiting for an answer',
  stoppingBy: (name: string): string => `Stopping, asked by ${name}`,
  stopped: 'Stopped',
  failed: 'Failed',
  lost: 'Lost',
  interrupted: 'Interrupted',
  stop: (agent: string): string => `Stop ${agent}`,
  stopShort: 'Stop',
  again: 'Try again',
  anew: (agent: string): string => `Ask ${agent} again`,
  againLong: (agent: string): string => `Try again with ${agent}`,
  usage: (tokens: number): string => count(tokens, 'token', 'tokens'),
  thinking: (agent: string): string => `${agent} has begun`,
  endedBy: (name: string): string => `Stopped here by ${name}.`,
  ended: 'Stopped here.',
  stoppedEmpty: (name: string): string => `Stopped by ${name} before it began.`,
  failedBecause: (detail: string): string => `It failed: ${detail}`,
  failedPlain: 'It failed and gave no reason.',
  lostBecause: (detail: string): string => `The answer breaks off. ${detail}`,
  lostPlain: 'The answer breaks off: its agent went silent.',
  interruptedHere: 'The answer breaks off here.',
  brokeOff: (attempt: number): string => `Attempt ${attempt} broke off here. Another one goes on below.`,
  silent: 'The agent went silent. What it wrote is kept, and another one takes over.',
} as const

export const queue = {
  title: (n: number): string => count(n, 'waits its turn', 'wait their turn'),
  label: 'Queue',
  remove: (agent: string, snippet: string): string => `Take back for ${agent}: ${snippet}`,
  removeShort: 'Take back',
  sooner: (agent: string, snippet: string): string => `Sooner for ${agent}: ${snippet}`,
  later: (agent: string, snippet: string): string => `Later for ${agent}: ${snippet}`,
} as const

export const request = {
  label: 'Waiting for you',
  labelIn: (place: string): string => `${place} waits for you`,
  asks: (agent: string): string => `${agent} asks`,
  action: 'Exactly this will be done',
  approve: 'Approve',
  deny: 'Deny',
  decline: 'Decline to answer',
  answer: 'Your answer',
  answerJson: 'Your answer, as JSON',
  send: 'Answer',
  dismiss: 'Got it',
  lost: (title: string, who: string): string => `${title} — ${who} answered first.`,
} as const

export const composer = {
  label: 'Write a message',
  message: 'Message',
  placeholder: (agents: readonly string[]): string =>
    agents.length === 0 ? 'Leave a note for the people here' : `Ask ${list(agents)}`,
  ask: 'Who should answer',
  send: 'Send',
  post: 'Post',
  stopAll: 'Stop all',
  hint: 'Enter sends. Shift + Enter begins a new line.',
  hintNote: 'No agent is asked: this is a note for the people here.',
  hintOffline: 'Offline. Messages wait here until you are back.',
  refused: (reason: string): string => `Not sent. ${reason}`,
} as const

export const steer = {
  now: 'Tell it now',
  tell: 'Tell',
  told: {
    pending: 'Not told yet: it hears it when its turn is over',
    consumed: 'The agent was told',
    missed: (why: string): string => `The agent was not told: ${why}`,
  },
} as const

export const wheel = {
  label: 'Who drives',
  take: 'Take over',
  mine: 'You drive. Agents hold still until you hand back.',
  theirs: (name: string): string => `${name} drives. Agents hold still.`,
  asked: (names: readonly string[]): string => `${list(names)} would like to drive.`,
  iAsked: 'You asked for it.',
  ask: 'Ask for it',
  takeFrom: 'Take it',
  handBack: 'Hand back',
} as const

export const announce = {
  said: (name: string, words: string): string => `${name}: ${words}`,
  finished: (agent: string, words: string): string => `${agent} answered: ${words}`,
  stopped: (agent: string): string => `${agent} was stopped.`,
  failed: (agent: string): string => `${agent} failed.`,
  lost: (agent: string): string => `${agent} was lost.`,
} as const
