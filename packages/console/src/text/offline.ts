export const connection = {
  live: 'Live',
  connecting: 'Connecting',
  reconnecting: 'Reconnecting',
  reconnectingIn: (seconds: number): string => `Reconnecting in ${seconds} s`,
  offlineFor: (seconds: number): string => `Offline, ${seconds} s`,
  offline: 'Offline',
  closed: 'Closed',
  nothingLost: 'Nothing is lost: the session goes on, and the rest arrives when you are back.',
  chosen: 'You went offline on purpose. The session goes on without you.',
} as const

export const offline = {
  asOf: (time: string): string => `Offline, as of ${time}.`,
  lead: 'What you write is kept, and sent when the connection is back.',
  unseen: 'Offline',
  unseenLead: 'This session was not open here lately. It is shown when the connection is back.',
  unseenPage: 'This was not open here lately. It is shown when the connection is back.',
  floorLead: 'What is asked of the floor here waits, and is sent when the connection is back.',
} as const
