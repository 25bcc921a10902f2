/** Begins the message of failures that a simulated handler makes on purpose. */
export const scripted = 'as the simulation wants'
