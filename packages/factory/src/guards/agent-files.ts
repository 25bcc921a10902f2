import { createPathMatcher } from '../paths.ts'
import type { Finding, Guard } from './guard.ts'
import { readManifest } from './package-json.ts'
import { quote } from './quote.ts'

/** Files that make agents, editors, shells or git run something, for whoever opens the repository next. */
const runs = createPathMatcher(
  [
    '**/.claude/**',
    '**/.cursor/**',
    '**/.codex/**',
    '**/.gemini/**',
    '**/.opencode/**',
    '**/opencode.json{,c}',
    '**/.mcp.json',
    '**/.cursorrules',
    '**/.windsurf/**',
    '**/.aider*',
    '**/.vscode/{tasks,launch,settings,mcp}.json',
    '**/.vscode/*.code-workspace',
    '**/*.code-workspace',
    '**/.idea/**',
    '**/.zed/**',
    '**/.devcontainer/**',
    '**/.devcontainer.json',
    '**/.envrc',
    '**/.husky/**',
    '**/.githooks/**',
    '**/.pre-commit-config.yaml',
    '**/lefthook.y{,a}ml',
    '**/.gitconfig',
    '**/.git-hooks/**',
    '**/.npmrc',
    '**/.yarnrc{,.yml}',
    '**/.pnpmfile.{,c}js',
    '**/bunfig.toml',
    '**/.cargo/config{,.toml}',
    '**/pip.conf',
    '**/.tool-versions',
    '**/mise.toml',
  ],
  { ignoreCase: true },
)
/** Instructions that agents follow: no program, but obeyed like one. */
const instructs = createPathMatcher(
  ['**/AGENTS.md', '**/CLAUDE.md', '**/GEMINI.md', '**/.github/copilot-instructions.md', '**/SKILL.md'],
  {
    ignoreCase: true,
  },
)

/** Scripts of a package.json that installing runs by itself. */
const installScripts = [
  'preinstall',
  'install',
  'postinstall',
  'prepublish',
  'preprepare',
  'prepare',
  'postprepare',
  // npm runs these once node_modules is another one.
  'predependencies',
  'dependencies',
  'postdependencies',
  'pnpm:devPreinstall',
]

/** Configuration that runs code by being there. */
export const agentFilesGuard: Guard = {
  name: 'agent-files',
  about: 'Files by which agents, editors, shells, package managers or git run something, and instructions to agents.',
  policy: 'block',
  check(change) {
    return change.files.flatMap(({ path, before, after, added }): readonly Finding[] => {
      if (after === undefined) return []
      if (runs(path))
        return [{ what: 'a file by which tools run something was added or changed', path, certainty: 'sure' }]
      if (instructs(path)) return [{ what: 'instructions to agents were added or changed', path, certainty: 'maybe' }]
      if (/(^|\/)\.gitattributes$/i.test(path)) {
        return added
          .filter(({ text }) => /(^|\s)(filter|diff|merge|working-tree-encoding)=/.test(text))
          .map(({ line, text }) => ({
            what: 'git attributes that name a filter, a diff or merge driver, or an encoding',
            path,
            line,
            quote: quote(text),
            certainty: 'sure',
          }))
      }
      if (!/(^|\/)package\.json$/.test(path)) return []
      const [old, now] = [readManifest(before?.text).scripts, readManifest(after.text).scripts]
      return installScripts
        .filter((name) => now[name] !== undefined && now[name] !== old[name])
        .map((name) => ({
          what: `the script "${name}" was added or changed, which installing runs`,
          path,
          quote: quote(now[name] ?? ''),
          certainty: 'sure',
        }))
    })
  },
}
