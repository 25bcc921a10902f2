/** What is scored, in the order of the table. */
export const areas = {
  resume: 'Resume where you were',
  devices: 'Several screens at once',
  stop: 'Stop, from anywhere',
  partial: 'Stopped answers stay',
  steer: 'Say more to an agent at work',
  agents: 'Several agents at once',
  liveness: 'Dead agents are noticed',
  retry: 'A retry replaces its output',
  fencing: 'Zombies write nothing',
  requests: 'Approvals and questions',
  tools: 'Tools that a device runs',
  versions: 'Edits and other answers',
  people: 'People join and take over',
  rights: 'Rights are the server’s',
  away: 'People who are away are reached',
  drop: 'One transport swap from a chat hook',
  own: 'Export and erase',
  replay: 'Replay what was seen',
  history: 'Long histories',
  once: 'Nothing happens twice',
  cost: 'What an agent-hour costs',
} as const

/** A name of what is scored. */
export type Area = keyof typeof areas
