/** Where tests are found, unless the floor says otherwise. */
export const defaultTestGlobs: readonly string[] = [
  '**/*.{test,spec}.*',
  '**/*_{test,spec}.*',
  '**/test_*.py',
  '**/{test,tests,__tests__,spec,specs,e2e}/**',
  '**/*Test.{java,kt,cs,php}',
  '**/*Tests.{java,kt,cs}',
  '**/testdata/**',
  '**/__snapshots__/**',
  '**/*.snap',
]
