/** Said when a secret is an argument of a process. */
export const argumentWarning =
  'warning: every user of this machine can read --auth-secret in the list of processes. Use --auth-secret-file or HEADRACE_AUTH_SECRET.'
