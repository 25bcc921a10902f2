import path from 'node:path'

/** Ways to reach another repository, as git names them. `ext` (any command) is not among them. */
export type GitProtocol = 'file' | 'https' | 'ssh'

/**
 * The whole environment of every git we start: no configuration of the machine or the user, no prompts, no hooks, no
 * transport but those that are named. What a repository's own configuration could start is switched off by
 * {@link safeConfig}, which stands on the command line and so above it.
 */
export function gitEnvironment(git: string, protocols: readonly GitProtocol[]): Readonly<Record<string, string>> {
  return {
    PATH: [path.dirname(git), '/usr/local/bin', '/usr/bin', '/bin'].join(path.delimiter),
    HOME: '/nonexistent',
    LC_ALL: 'C',
    TZ: 'UTC',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_SYSTEM: '/dev/null',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_ATTR_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_ASKPASS: '/bin/false',
    SSH_ASKPASS: '/bin/false',
    GIT_EDITOR: '/bin/false',
    GIT_PAGER: 'cat',
    // Replacement refs would show other content than the ids say; lazy fetches would run what a remote names.
    GIT_NO_REPLACE_OBJECTS: '1',
    GIT_NO_LAZY_FETCH: '1',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_ALLOW_PROTOCOL: protocols.length === 0 ? 'none' : protocols.join(':'),
  }
}

/** Settings that no repository can change. */
export const safeConfig: readonly string[] = [
  'core.hooksPath=/dev/null',
  'core.fsmonitor=false',
  'core.attributesFile=/dev/null',
  'core.excludesFile=/dev/null',
  'core.untrackedCache=false',
  'core.autocrlf=false',
  'core.precomposeUnicode=false',
  'core.quotePath=false',
  'core.alternateRefsCommand=',
  'core.sshCommand=ssh -oBatchMode=yes',
  'credential.helper=',
  'diff.external=',
  'gc.auto=0',
  'maintenance.auto=false',
  'protocol.ext.allow=never',
  'safe.bareRepository=explicit',
  'submodule.recurse=false',
  'fetch.recurseSubmodules=false',
  'commit.gpgSign=false',
  'tag.gpgSign=false',
  'transfer.fsckObjects=true',
  'transfer.advertiseSID=false',
  'uploadpack.allowFilter=false',
]
