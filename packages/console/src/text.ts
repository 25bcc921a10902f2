/**
 * Every English word of the console, in one place. Functions take what varies, so that a translation may order it
 * freely. Calm and exact: say what is so, then what happens next.
 */
const number = new Intl.NumberFormat('en')

function count(n: number, one: string, many: string): string {
  return `${number.format(n)} ${n === 1 ? one : many}`
}

function list(names: readonly string[]): string {
  return new Intl.ListFormat('en', { type: 'conjunction' }).format(names)
}

export const text = {
  product: 'Headrace',
  skip: 'Skip to the conversation',
  number: (n: number): string => number.format(n),
  list,

  access: {
    title: 'Open your console',
    lead: 'Headrace lets in whoever holds a token. The terminal where it runs printed a link that carries one.',
    terminal: 'Look for a line like this, and open it here:',
    paste: 'Or paste the link, or the token itself',
    placeholder: 'http://…/#token=… or eyJ…',
    open: 'Open',
    stays: 'The token stays in this tab and is gone when you close it.',
    notToken: 'There is no token in that. It is the long text after “token=”.',
    refused: 'This server did not accept the token. It may belong to another server, or to an earlier one.',
    expired: 'Your token has expired. Ask for a new link, or restart with the link from the terminal.',
    ended: (reason: string): string => `The server ended this connection: ${reason}`,
  },

  nav: {
    sessions: 'Sessions',
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
  },

  home: {
    title: 'Pick up where you left off',
    lead: 'Choose a session from the list, or begin a new one. Everything said in it is kept in order and shown to everyone who has it open.',
  },

  create: {
    title: 'New session',
    label: 'Title',
    optional: 'optional',
    placeholder: 'What is it about?',
    create: 'Create',
    cancel: 'Cancel',
  },

  theme: {
    label: (name: string): string => `Theme: ${name}`,
    names: { auto: 'automatic', light: 'light', dark: 'dark' },
  },

  shortcuts: {
    title: 'Keyboard shortcuts',
    open: 'Keyboard shortcuts',
    close: 'Close',
    enable: 'Single-key shortcuts',
    rows: [
      ['Enter', 'Send the message'],
      ['Shift + Enter', 'Begin a new line'],
      ['Esc', 'Stop everything that is working'],
      ['/', 'Write a message'],
      ['n', 'New session'],
      ['j  k', 'Next or previous session'],
      ['End', 'Jump to the latest'],
      ['?', 'This list'],
    ],
  },

  connection: {
    live: 'Live',
    connecting: 'Connecting',
    reconnecting: 'Reconnecting',
    reconnectingIn: (seconds: number): string => `Reconnecting in ${seconds} s`,
    offline: 'Offline',
    closed: 'Closed',
    nothingLost: 'Nothing is lost: the session goes on, and the rest arrives when you are back.',
    chosen: 'You went offline on purpose. The session goes on without you.',
  },

  people: {
    here: (names: readonly string[]): string => (names.length === 0 ? 'Nobody is here' : `Here now: ${list(names)}`),
    title: 'Here now',
    you: 'you',
    yourself: 'You',
    named: (name: string, devices: number): string => (devices > 1 ? `${name} (${devices} devices)` : name),
    agents: 'Agents',
    atWork: 'Working',
    idle: 'Idle',
    unknownDevice: 'A device',
  },

  session: {
    back: 'All sessions',
    conversation: 'Conversation',
    loading: 'Opening the session',
    working: (names: readonly string[]): string =>
      names.length === 1 ? `${names[0]} is working` : `${list(names)} are working`,
    waiting: 'Waiting for an agent',
    idle: 'Idle',
    missing: 'There is no such session',
    missingLead: (id: string): string =>
      `Nothing is kept under “${id}”. The link may be old, or the session was erased.`,
    create: 'Create it',
    failed: 'This session can’t be shown',
    empty: 'Nothing said yet',
    emptyLead:
      'What you write here is kept, in order. Close the tab, lose the network, change the device: it is all still here.',
    older: (n: number): string => (n > 0 ? `Show older messages (${number.format(n)})` : 'Show older messages'),
    loadingOlder: 'Loading older messages',
    latest: 'Jump to the latest',
    watching: 'You are watching. Your link does not let you write here.',
    titleWorking: (title: string): string => `Working · ${title}`,
  },

  message: {
    from: (name: string): string => `Message from ${name}`,
    answer: (agent: string): string => `Answer from ${agent}`,
    waitingToBeSent: 'Waiting to be sent',
    sending: 'Sending',
    edited: 'A new version of an earlier message',
    earlier: (n: number): string => count(n, 'earlier answer', 'earlier answers'),
    inputMissing: 'An answer to an older message',
  },

  run: {
    waiting: 'Waiting for an agent',
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
  },

  part: {
    thinking: 'Thinking',
    thought: 'Thought',
    tool: { open: 'Running', done: 'Done', failed: 'Failed', interrupted: 'Interrupted' },
    input: 'Input',
    output: 'Output',
    error: 'Error',
    noInput: 'No input yet',
    sources: 'Sources',
    files: 'Files',
    data: 'Data',
    file: 'File',
    image: (alt: string): string => (alt === '' ? 'Image' : `Image: ${alt}`),
    code: 'Code',
    copy: 'Copy',
    copied: 'Copied',
    done: 'Done:',
    open: 'To do:',
  },

  queue: {
    title: (n: number): string => count(n, 'waits its turn', 'wait their turn'),
    label: 'Queue',
    remove: (agent: string, snippet: string): string => `Take back for ${agent}: ${snippet}`,
    removeShort: 'Take back',
  },

  request: {
    label: 'Waiting for you',
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
  },

  composer: {
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
  },

  dev: {
    label: 'Developer',
    drop: 'Drop connection',
    goOffline: 'Go offline',
    goOnline: 'Go online',
    invite: 'Invite',
    seq: 'seq',
    received: 'received',
    lost: 'lost',
    doubled: 'doubled',
  },

  invite: {
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
  },

  announce: {
    said: (name: string, words: string): string => `${name}: ${words}`,
    finished: (agent: string, words: string): string => `${agent} answered: ${words}`,
    stopped: (agent: string): string => `${agent} was stopped.`,
    failed: (agent: string): string => `${agent} failed.`,
    lost: (agent: string): string => `${agent} was lost.`,
  },

  time: {
    now: 'now',
    seconds: (n: number): string => `${n < 10 ? n.toFixed(1) : Math.round(n)} s`,
    minutes: (m: number, s: number): string => `${m} min ${s} s`,
  },

  error: {
    title: 'The page stopped',
    lead: 'Something in this page failed. The session itself is not affected: it lives on the server.',
    reload: 'Load it again',
  },
} as const
