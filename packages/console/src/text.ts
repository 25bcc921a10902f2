/**
 * Every English word of the console, in one place. Functions take what varies, so that a translation may order it
 * freely. Calm and exact: say what is so, then what happens next.
 */
import { lazily } from './model/lazily.ts'

const number = lazily(() => new Intl.NumberFormat('en'))
const compact = lazily(() => new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 }))
const dollars = lazily(
  () => new Intl.NumberFormat('en', { style: 'currency', currency: 'USD', maximumFractionDigits: 4 }),
)

function count(n: number, one: string, many: string): string {
  return `${number().format(n)} ${n === 1 ? one : many}`
}

function list(names: readonly string[]): string {
  return new Intl.ListFormat('en', { type: 'conjunction' }).format(names)
}

/** A length of time in its largest unit. */
function lengthOf(ms: number): string {
  const seconds = Math.ceil(ms / 1_000)
  if (seconds < 60) return `${seconds} s`
  const minutes = Math.ceil(seconds / 60)
  return minutes < 60 ? `${minutes} min` : count(Math.round(minutes / 60), 'hour', 'hours')
}

export const text = {
  product: 'Headrace',
  skip: 'Skip to the conversation',
  number: (n: number): string => number().format(n),
  usd: (amount: number): string => dollars().format(amount),
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
  },

  inbox: {
    title: 'Inbox',
    waiting: 'waiting for you',
    lead: (n: number): string =>
      n === 0 ? 'Nothing waits for you' : count(n, 'thing waits for you', 'things wait for you'),
    titleCount: (n: number): string => `(${number().format(n)}) `,
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
  },

  connection: {
    live: 'Live',
    connecting: 'Connecting',
    reconnecting: 'Reconnecting',
    reconnectingIn: (seconds: number): string => `Reconnecting in ${seconds} s`,
    offlineFor: (seconds: number): string => `Offline, ${seconds} s`,
    offline: 'Offline',
    closed: 'Closed',
    nothingLost: 'Nothing is lost: the session goes on, and the rest arrives when you are back.',
    chosen: 'You went offline on purpose. The session goes on without you.',
  },

  offline: {
    asOf: (time: string): string => `Offline, as of ${time}.`,
    lead: 'What you write is kept, and sent when the connection is back.',
    unseen: 'Offline',
    unseenLead: 'This session was not open here lately. It is shown when the connection is back.',
    unseenPage: 'This was not open here lately. It is shown when the connection is back.',
    floorLead: 'What is asked of the floor here waits, and is sent when the connection is back.',
  },

  newer: {
    title: 'This page is older than its server.',
    lead: (type: string): string => `It does not know “${type}”, and may show less than there is.`,
    part: (kind: string): string => `Something that this page does not know (${kind}). A newer one shows it.`,
    reload: 'Reload',
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
    older: (n: number): string => (n > 0 ? `Show older messages (${number().format(n)})` : 'Show older messages'),
    loadingOlder: 'Loading older messages',
    begins: 'The session begins here.',
    latest: 'Jump to the latest',
    watching: 'You are watching. Your link does not let you write here.',
    titleWorking: (title: string): string => `Working · ${title}`,
  },

  menu: {
    label: 'More about this session',
    export: 'Export',
    exporting: (lines: number): string => `${number().format(lines)} lines so far`,
    inspect: 'Inspect',
    archive: 'Archive',
    restore: 'Take out of the archive',
  },

  runs: {
    title: 'Runs and cost',
    none: 'Nothing was asked of an agent yet.',
    complete: 'Complete',
    tokens: (input: number, output: number): string =>
      `${compact().format(input)} tokens in, ${compact().format(output)} out`,
    tools: (n: number): string => count(n, 'tool call', 'tool calls'),
    budgetTokens: (n: number): string => `of ${compact().format(n)} tokens`,
    budgetCost: (usd: number): string => `of ${dollars().format(usd)}`,
    undelivered: (error: string): string => `Its agent could not be called: ${error}`,
    pause: (agent: string): string => `Pause ${agent}`,
    resume: (agent: string): string => `Let ${agent} go on`,
    stopAll: (agent: string): string => `Stop ${agent} and all that it started`,
  },

  message: {
    from: (name: string): string => `Message from ${name}`,
    answer: (agent: string): string => `Answer from ${agent}`,
    waitingToBeSent: 'Waiting to be sent',
    sending: 'Sending',
    edited: 'A new version of an earlier message',
    edit: 'Say it anew',
    newWords: 'New words',
    sayAnew: 'Say it anew',
    version: (n: number, of: number): string => `${number().format(n)} of ${number().format(of)}`,
    versionBefore: 'Version before',
    versionAfter: 'Version after',
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
    sooner: (agent: string, snippet: string): string => `Sooner for ${agent}: ${snippet}`,
    later: (agent: string, snippet: string): string => `Later for ${agent}: ${snippet}`,
  },

  request: {
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
  },

  replay: {
    open: 'Look back: what happened here, and when',
    label: 'Replay',
    title: (title: string): string => `Replay · ${title}`,
    loading: 'Winding back',
    moment: 'See the session at',
    beginning: 'Where what is kept begins',
    askedThen: 'Waited for an answer then',
    place: 'Place in the session',
    where: (seq: number, head: number): string => `event ${number().format(seq)} of ${number().format(head)}`,
    play: 'Play',
    pause: 'Pause',
    before: 'What happened before',
    after: 'What happened next',
    speed: 'Speed',
    times: (n: number): string => `${n}×`,
    toTime: 'Go to a time',
    toTimeLabel: 'What was on the screen at',
    toTimeGo: 'Go there',
    copy: 'Copy link',
    copied: 'Link copied',
    now: 'Back to now',
    told: {
      hidden: 'Something that is not for you',
      said: (name: string, words: string): string => (words === '' ? `${name} added a message` : `${name}: ${words}`),
      writes: (agent: string): string => `${agent} writes`,
      asked: (name: string, agent: string): string => `${name} asked ${agent}`,
      begins: (agent: string, attempt: number): string =>
        attempt > 1 ? `${agent} begins attempt ${number().format(attempt)}` : `${agent} begins`,
      lost: (agent: string): string => `${agent} went silent`,
      ended: (agent: string, reason: string): string => `${agent} ended: ${reason}`,
      stop: (name: string, agent: string): string => `${name} asked ${agent} to stop`,
      paused: (name: string, agent: string): string => `${name} paused ${agent}`,
      resumed: (agent: string): string => `${agent} goes on`,
      suspended: (agent: string): string => `${agent} waits for an answer`,
      steered: (name: string, agent: string): string => `${name} told ${agent} something`,
      asks: (agent: string, title: string): string => `${agent} asks: ${title}`,
      answered: (name: string): string => `${name} answered`,
      took: (name: string): string => `${name} took over`,
      returned: (name: string): string => `${name} handed back`,
      joined: (name: string): string => `${name} came`,
      left: (name: string): string => `${name} left`,
    },
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

  steer: {
    now: 'Tell it now',
    tell: 'Tell',
    told: {
      pending: 'Not told yet: it hears it when its turn is over',
      consumed: 'The agent was told',
      missed: (why: string): string => `The agent was not told: ${why}`,
    },
  },

  wheel: {
    label: 'Who drives',
    take: 'Take over',
    mine: 'You drive. Agents hold still until you hand back.',
    theirs: (name: string): string => `${name} drives. Agents hold still.`,
    asked: (names: readonly string[]): string => `${list(names)} would like to drive.`,
    iAsked: 'You asked for it.',
    ask: 'Ask for it',
    takeFrom: 'Take it',
    handBack: 'Hand back',
  },

  floor: {
    title: (name: string): string => `Floor ${name}`,
    counts: (working: number, ready: number, needs: number): string =>
      [
        `${number().format(working)} under way`,
        `${number().format(ready)} ready`,
        ...(needs > 0 ? [count(needs, 'needs a person', 'need a person')] : []),
      ].join(', '),
    needCount: (n: number): string => count(n, 'task needs a person.', 'tasks need a person.'),
    loading: 'Opening the floor',
    missing: 'There is no such floor',
    missingLead: (name: string): string =>
      `Nobody has opened a floor “${name}” on this server. \`headrace factory up\` opens one in a repository.`,
    log: 'The floor’s log: what was asked, what was decided, and when',
    unattended: 'Nobody is at work here',
    unattendedLead:
      'No foreman has this floor, so nothing begins. What you ask waits until somebody opens it again with `headrace factory up`.',

    mode: { running: 'Running', paused: 'Paused', stopped: 'Stopped' },
    modeNote: {
      running: '',
      paused: 'Nothing new begins. What is under way goes on.',
      stopped: 'Nothing is under way. What was begins again when the floor does.',
    },
    attention: (lanes: number): string => `At most ${count(lanes, 'lane', 'lanes')} may need a person at once.`,
    pause: 'Pause',
    resume: 'Resume',
    stopAll: 'Stop all',
    add: 'Add a task',
    addShort: 'Add',
    asking: 'Asking the floor…',
    askingNobody: 'Asked. It is answered when somebody opens the floor again.',
    refused: 'Refused:',
    dismiss: 'Got it',

    lanes: 'Lanes',
    seekLane: 'Look for a lane',
    noLaneFound: 'No lane is called so.',
    freeLanes: (n: number): string => count(n, 'free lane', 'free lanes'),
    noLanes: 'No lanes yet. Each file in .headrace/lanes/ makes one.',
    pauseLane: (lane: string): string => `Pause the lane ${lane}`,
    pauseLaneHint: 'Takes nothing new',
    resumeLane: (lane: string): string => `Resume the lane ${lane}`,
    lanePaused: (why: string): string => `Takes nothing new: ${why}`,
    idle: {
      running: 'Free. It takes the next task that fits.',
      paused: 'Free. The floor is paused.',
      stopped: 'Free. The floor is stopped.',
    },
    wip: (n: number): string => `${number().format(n)} at once`,
    confined: (how: string): string => `Agents ${how}`,
    kinds: { ci: 'CI', feature: 'Features', bug: 'Bugs', horizon: 'Horizon', docs: 'Docs', custom: 'Custom' },
    oversight: {
      observe: 'reads only',
      propose: 'proposes diffs',
      branch: 'makes branches',
      merge: 'merges by the gate',
      unattended: 'unattended',
    },
    attempt: (n: number): string => `attempt ${number().format(n)}`,
    ago: (length: string): string => `${length} ago`,
    freshness: 'When anything last happened in the lane',
    state: {
      waiting: 'Starting',
      lost: 'Its runner was lost; another one takes over',
      nobody: 'Waits for somebody to open the floor',
      working: 'Working',
      gate: 'At the gate',
      held: (task: string): string => `Holds still for ${task}`,
      paused: (name: string): string => `Paused by ${name}`,
      taken: (name: string): string => `${name} has taken it over`,
      takenByYou: 'You have taken it over',
      stopping: 'Stopping',
      ending: 'Ending',
    },

    needs: 'Needs a person',
    needed: {
      again: 'Try again',
      taken: 'Mark as done',
      accept: 'Accept',
      parked: (why: string): string => `Parked: ${why}`,
      review: (ref: string): string =>
        ref === '' ? 'To review: its report is in the lane’s session' : `To review: its work is at ${ref}`,
      judged: (why: string): string => `To review: ${why}`,
      proposed: 'Proposed: somebody must accept it',
    },
    columns: {
      ready: 'Ready',
      readyNone: 'Nothing waits.',
      working: 'Under way',
      workingNone: 'Nothing is under way.',
      over: 'Done',
      overNone: 'Nothing is done yet.',
    },
    beginsNow: 'Begins now',
    waits: (why: string): string => `Waits: ${why}`,
    inLane: (lane: string, attempt: number): string => `In ${lane}, attempt ${number().format(attempt)}`,
    mergedAs: (commit: string): string => (commit === '' ? 'Done' : `Merged as ${commit}`),
    rejectedBecause: (why: string): string => `Rejected: ${why}`,
    showAll: (n: number): string => `Show all ${number().format(n)}`,
    showMore: (n: number, all: number): string => `Show ${number().format(n)} more of ${number().format(all)}`,
    shelf: {
      title: 'Put away',
      until: (day: string): string => `can be had back until ${day}`,
      undo: 'Bring it back',
      undoOf: (attempt: string): string => `Bring it back: ${attempt}`,
      coming: 'It is being brought back.',
      back: 'It is back:',
      failed: (why: string): string => `It could not be brought back: ${why}`,
    },
    board: {
      by: 'Side by side',
      ways: { priority: 'By urgency', lane: 'By lane' },
      hint: 'Drag a task, or press Alt and an arrow key on it.',
      anyLane: 'Any lane that fits',
      ties: (before: readonly string[], after: readonly string[]): string =>
        [
          ...(before.length > 0 ? [`After ${list(before)}`] : []),
          ...(after.length > 0 ? [`before ${list(after)}`] : []),
        ]
          .join(', ')
          .replace(/^b/, 'B'),
      move: (task: string): string => `Move ${task}`,
      moveHint: 'Drag, or choose its place',
      moveTitle: (task: string): string => `The place of ${task}`,
      where: 'Where',
      byPriority: 'By its urgency',
      beforeTask: (task: string, priority: number, title: string): string => `Before ${task} (P${priority}) ${title}`,
      lane: 'Lane',
      waitsFor: 'It waits for',
      seek: 'Look for a task',
      ring: (way: readonly string[]): string => `It waits itself: ${way.join(' waits for ')}.`,
      noneFound: 'No task is called so.',
      moreFound: (n: number): string => `${number().format(n)} more: look for them by their words.`,
      save: 'Save',
    },
    circles: (done: string, evidence: string): string => `In circles, ${done}: ${evidence}`,
    rungs: {
      nudge: 'told so',
      narrow: 'told what is left to do',
      fresh: 'begun afresh',
      nuke: 'put away',
      park: 'left to a person',
    } as Readonly<Record<string, string>>,
    overrule: 'Not in circles…',
    overruleShort: 'Overrule',
    overruleTitle: (task: string): string => `${task} does not go in circles`,
    overruleLead: 'Its agent is judged from the beginning. Your reason stays with the task, and is counted.',
    reject: 'Reject…',
    rejectShort: 'Reject',
    rejectTitle: (task: string): string => `Reject ${task}`,
    rejectLead: 'It is not done. Your reason stays with it, for those who ask for the same again.',
    reason: 'Reason',
    taskTitle: 'Title',
    taskBody: 'What is wanted, in Markdown',
    kind: 'Kind',
    priority: 'Priority',
    priorities: {
      0: 'P0, interrupts others',
      1: 'P1, soon',
      2: 'P2, in its turn',
      3: 'P3, when nothing else waits',
    },
    acceptance: 'It is done when',
    attempts: 'Attempts',
    noAttempts: 'Not tried yet.',
    under: (attempt: number, length: string): string => `Attempt ${number().format(attempt)} for ${length} now, in`,
    dependsOn: (tasks: readonly string[]): string => `Depends on ${list(tasks)}.`,
    facts: (of: {
      readonly kind: string
      readonly by: string
      readonly source: string | undefined
      readonly lane: string | undefined
    }): string =>
      [
        `${of.kind}, asked by ${of.by}`,
        ...(of.source === undefined ? [] : [`from ${of.source}`]),
        ...(of.lane === undefined ? [] : [`only in ${of.lane}`]),
      ].join(', ') + '.',
    outcomes: {
      merged: 'merged',
      rejected: 'rejected',
      proposed: 'proposed',
      branched: 'branch made',
      judged: 'green, among several tries',
      spare: 'green, another was better',
      empty: 'no change',
      budget: 'budget used up',
      replaced: 'begun afresh',
      nuked: 'put away',
      parked: 'left to a person',
      cancelled: 'stopped',
      failed: 'failed',
      lost: 'lost',
    },

    gate: 'Gate',
    gateNone: 'Nothing was offered yet.',
    judging: (length: string): string => `Judged now, for ${length}`,
    inQueue: 'Waits for its turn',
    fromLane: (lane: string, round: number): string =>
      round > 1 ? `from ${lane}, round ${number().format(round)}` : `from ${lane}`,
    evidence: 'Evidence',
    verdicts: {
      merged: 'merged',
      branched: 'branch made',
      judged: 'green try',
      red: 'tests red',
      blocked: 'blocked',
      conflict: 'conflict',
      nothing: 'nothing left',
      refused: 'refused',
      base: 'base not green',
    },
  },

  /** What a factory's crew notes, see model/factory-fact.ts. */
  fact: {
    attempt: (task: string, n: number): string => `${task}, attempt ${number().format(n)}`,
    lesson: (why: string): string => `An earlier attempt: ${why}`,
    clone: (folder: string): string => `Began in its clone \`${folder}\``,
    cell: (inForce: string): string => `Shut in: ${inForce}`,
    round: (n: number): string => `Round ${number().format(n)}`,
    again: (n: number, why: string): string => `Round ${number().format(n)}, because: ${why}`,
    killed: (n: number): string => `Its agent was killed from outside, ${count(n, 'time', 'times')}`,
    work: (files: number): string => `Its work left the clone: ${count(files, 'file', 'files')} changed`,
    offered: (task: string, lane: string, n: number): string =>
      `${lane} offers what it did for ${task}${n > 1 ? `, round ${number().format(n)}` : ''}`,
    verdict: (verdict: string, why: string): string => `The gate: ${verdict}. ${why}`,
    outcome: (outcome: string, why: string): string => `Over: ${outcome}. ${why}`,
    models: (agent: string, calls: number): string =>
      `${agent} works on it: ${count(calls, 'call', 'calls')} to models`,
    plan: (done: number, of: number): string =>
      `Its plan: ${number().format(done)} of ${count(of, 'step', 'steps')} done`,
    step: (words: string, isDone: boolean): string => (isDone ? `Done: ${words}` : words),
    context: (used: number, size: number): string =>
      size > 0
        ? `Its context is ${Math.round((100 * used) / size)} % full`
        : `${number().format(used)} tokens of context`,
    asked: (ask: string, of: string): string => (of === '' ? `Asked: ${ask}` : `Asked: ${ask} ${of}`),
    circles: (rung: string): string => `It goes in circles: ${rung}`,
    found: 'Found by plugins, and counted',
    detectorFailed: (name: string, why: string): string => `The detector ${name} is asked no more: ${why}`,
    overruled: (by: string, reason: string): string => `${by} overruled that: ${reason}`,
    turn: 'Its agent’s turn is over',
  },

  palette: {
    title: 'Go anywhere, do anything',
    label: 'Name of a session or an action',
    none: 'Nothing is called so.',
    page: 'page',
    does: 'action',
    here: 'this session',
    now: 'Back to the session as it is',
    theme: 'Change the theme',
  },

  inspector: {
    titleOf: (title: string): string => `Inspect · ${title}`,
    back: 'Back to the session',
    wire: 'Connection',
    state: 'connection',
    node: 'server process',
    actor: 'you are',
    trip: 'answer after',
    ms: (ms: number): string => `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`,
    measure: 'Measure an answer',
    slow: 'Everything comes and goes',
    slower: (ms: number): string => (ms === 0 ? 'at once' : `${number().format(ms)} ms later`),
    stateAt: 'State after event',
    show: 'Show',
    replay: 'Replay there',
    viewAt: (seq: number): string => `view at ${number().format(seq)}`,
    events: 'Events',
    filter: 'Filter events: a type, a run, a word',
    count: (shown: number, of: number): string => `${number().format(shown)} of ${number().format(of)}`,
    older: 'Older events',
  },

  ledger: {
    open: 'Ledger',
    loading: 'Opening the ledger',
    titleOf: (floor: string): string => `Ledger of ${floor}`,
    attempts: (n: number): string => count(n, 'attempt', 'attempts'),
    none: 'Nothing was tried yet',
    noneLead: 'What attempts cost and what came of them stands here as soon as the first one works.',
    unknown: '–',
    sides: 'Sides of the ledger',
    sideNames: { numbers: 'Numbers', day: 'Days', skills: 'Skills', judgement: 'Judgement' },
    tried: 'Attempts',
    attemptOf: (task: string, attempt: number, lane: string): string =>
      `${task}, attempt ${number().format(attempt)} in ${lane}`,
    day: {
      earlier: 'Earlier',
      later: 'Later',
      wholeWeek: 'Seven days',
      week: (from: string, to: string): string => `${from} to ${to}`,
      copy: 'Copy as Markdown',
      cut: 'The floor keeps the newest tasks that are over, and there may have been more.',
      arrived: 'New tasks',
      done: 'Done',
      parked: 'Parked',
      rejected: 'Rejected',
      inVain: 'Tokens in vain',
      none: 'No attempt was over then.',
      bySkill: 'By skill',
      unpriced: (n: number): string =>
        `${count(n, 'attempt', 'attempts')} used tokens without a price; no cost is of them.`,
    },
    skills: {
      none: 'No skills and no lessons yet',
      noneLead:
        'Versions of skills stand here with what came of the attempts that were given them, and what was learned from those that failed.',
      lessons: 'Lessons',
      noLessons: 'Nothing has failed that teaches something.',
      times: (n: number): string => count(n, 'time', 'times'),
      noAdvice: 'Nobody can say beforehand what to do about it.',
      moreCases: (n: number): string => `and ${count(n, 'other attempt', 'other attempts')}`,
      givenIn: (lanes: readonly string[]): string =>
        `given in ${list(lanes.slice(0, 3))}${lanes.length > 3 ? ', …' : ''}`,
      landed: (landed: number, of: number): string => `${number().format(landed)} of ${number().format(of)} landed,`,
      likely: (low: string, high: string): string => `likely ${low} to ${high}`,
      facts: (of: { readonly tasks: number; readonly tokens: string; readonly cost: string | undefined }): string =>
        [count(of.tasks, 'task', 'tasks'), `${of.tokens} tokens`, ...(of.cost === undefined ? [] : [of.cost])].join(
          ', ',
        ),
      untried: 'No attempt with it is over yet.',
      points: (part: number): string => `${part < 0 ? '−' : '+'}${Math.round(100 * Math.abs(part))} %`,
      compared: {
        better: (version: string, low: string, high: string): string =>
          `${version} is better: ${low} to ${high} more of its attempts land.`,
        worse: (version: string, low: string, high: string): string =>
          `${version} is worse: ${low} to ${high} of its attempts land.`,
        open: (version: string, low: string, high: string): string =>
          `Whether ${version} is better may be chance: ${low} to ${high}.`,
      },
    },
    judgement: {
      circles: 'Agents that went in circles',
      noCircles: 'Nobody was said to go in circles.',
      counts: (of: {
        readonly now: number
        readonly landed: number
        readonly stood: number
        readonly overruled: number
      }): string =>
        [
          ...(of.now > 0 ? [`${number().format(of.now)} at work`] : []),
          `${number().format(of.stood)} landed nothing`,
          `${number().format(of.landed)} landed all the same`,
          `${number().format(of.overruled)} overruled`,
        ].join(', ') + '.',
      judged: { now: 'at work', landed: 'landed all the same', stood: 'landed nothing', overruled: 'overruled' },
      overruledBy: (by: string, reason: string): string => `${by} overruled that: ${reason}`,
      proposals: 'Proposals',
      noProposals: 'Nothing was proposed.',
      from: (source: string): string => (source === 'retro' ? 'From looking back,' : `From ${source},`),
      evidence: 'Why, and what it changes',
      accept: (task: string): string =>
        `\`headrace factory proposals accept ${task}\` takes it through the gate, in the repository.`,
      states: {
        proposed: 'waits for you',
        ready: 'accepted',
        working: 'under way',
        review: 'to review',
        parked: 'parked',
        done: 'done',
        rejected: 'rejected',
      },
      decisions: 'Decisions',
      noDecisions: 'Nobody has decided about a proposal yet.',
      decisionsNote: 'What was rejected is not proposed again while it rests on mostly the same.',
      decided: { accepted: 'accepted', rejected: 'rejected' },
      decidedBy: (by: string, source: string): string => `${by}, about ${source},`,
    },
    called: 'Name',
    merged: 'Merged changes',
    landRate: 'Land rate',
    mergeTime: 'Time to merge',
    tokens: 'Tokens',
    cost: 'Cost',
    costPerMerge: 'Cost per merged change',
    outcomes: 'Outcomes',
    byLane: 'By lane',
    byAgent: 'By agent',
    share: (part: number): string => `${Math.round(100 * part)} %`,
    compact: (n: number): string => compact().format(n),
    atMost: (most: string): string => `up to ${most}`,
    outcomesTold: (merged: number, shown: number, other: number): string =>
      `${number().format(merged)} merged, ${number().format(shown)} shown to a person, ${number().format(other)} not landed`,
  },

  terminal: {
    all: (chars: number): string => `Show all ${number().format(chars)} characters`,
  },

  diff: {
    none: 'Nothing has changed yet',
    noneLead:
      'What the agent changes stands here as soon as its tools say so, and whole when its work leaves the clone.',
    loading: 'Comparing',
    of: (task: string, attempt: number): string => `${task}, attempt ${number().format(attempt)}`,
    cut: 'This is the beginning. `headrace factory diff` shows all of it.',
    edits: 'Since then, as its tools say',
    kinds: { added: 'added', removed: 'removed', renamed: 'renamed', changed: '' },
    binary: 'Not text.',
    from: (line: number): string => `from line ${number().format(line)}`,
    added: 'added',
    removed: 'removed',
  },

  gateLog: {
    none: 'The gate has seen nothing of this lane',
    noneLead: 'What its attempts offer is judged here, one after the other, with what the tests printed.',
    judging: 'Judged now',
    round: (attempt: string, n: number): string => (n > 1 ? `${attempt}, round ${number().format(n)}` : attempt),
  },

  lane: {
    views: 'Sides of the lane',
    tabs: { stream: 'Stream', changes: 'Changes', gate: 'Gate' },
    undo: (attempt: string): string => `What ${attempt} did is in quarantine.`,
    undoSoon: (attempt: string): string => `What ${attempt} did is being put away.`,
    ofFloor: (name: string): string => `Floor ${name}`,
    idle: 'Works on nothing',
    nuke: 'Put away…',
    nukeShort: 'Put away',
    nukeTitle: (task: string): string => `Put away what was done for ${task}`,
    nukeLead:
      'Its agent is ended and its clone goes into quarantine. The task begins anew, and your reason is told to the next attempt.',
    take: 'Take over',
    handBack: 'Hand back',
    pause: 'Pause',
    resume: 'Go on',
    clone: 'Its clone:',
    refused: (reason: string): string => `Not done. ${reason}`,
    steer: 'Say something to its agent',
    steerPlaceholder: 'Tell the agent at work',
    tell: 'Tell it',
    steerHint: 'Enter sends. It reaches the agent that works on this attempt.',
    nothing: 'The lane works on nothing, so there is nobody to tell. Tasks are added on the floor.',
    merge: 'Lanes offer their changes here, and the gate judges one after the other.',
    floorLog: 'This is the floor’s log. Ask things of the floor on its own page.',
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
    wholeSeconds: (s: number): string => `${s} s`,
    hours: (h: number, m: number): string => `${number().format(h)} h ${m} min`,
    minutes: (m: number, s: number): string => `${m} min ${s} s`,
  },

  error: {
    title: 'The page stopped',
    lead: 'Something in this page failed. The session itself is not affected: it lives on the server.',
    reload: 'Load it again',
  },
} as const
