// node --conditions=@headrace/source scripts/programs.mjs: puts the programs that tests start as processes into few files,
// and prints where. `npm test` does it once for all of them.
import { bundlePrograms } from '../campaign/lib/bundle-programs.ts'

console.log(
  await bundlePrograms('programs', [
    'packages/cli/src/bin.ts',
    'packages/server/test/store-child.ts',
    'packages/server/test/store-child-once.ts',
    'test/support/agent.ts',
    'test/support/audit-server.ts',
    'test/support/factory-crew.ts',
    'campaign/main.ts',
    'campaign/mutants/serve.ts',
  ]),
)
