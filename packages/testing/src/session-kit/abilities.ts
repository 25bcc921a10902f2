/** What a server or its adapter may lack, in words for the report. */
export const abilities = {
  identities: 'know people apart and give each their own rights',
  'short-identities': 'take identities that expire within seconds',
  steer: 'take messages for an agent at work',
  approvals: 'let an agent ask for approval, with an end to waiting',
  'client-tools': 'let an agent use a tool that a device runs, once',
  suspend: 'let go of a run until somebody has answered',
  hold: 'hold a run and let it go on',
  drive: 'let a person take over and hand back',
  versions: 'edit messages and answer them again',
  parallel: 'let several agents work in one session',
  steps: 'replace what a lost attempt wrote',
  pages: 'read older messages by page',
  'state-at': 'show the state as it was',
  export: 'export a session',
  erase: 'delete a session, and take out a message',
  files: 'look into the files that the server keeps',
  restart: 'kill and start the server',
  network: 'break the network between a client and the server',
  'reach-away': 'hear what people who are away are told',
  cost: 'measure processor time and stored bytes',
} as const

/** A name of what may be lacking. */
export type Ability = keyof typeof abilities
