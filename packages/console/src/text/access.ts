export const access = {
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
} as const
