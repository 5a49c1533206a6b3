import neostandard, { resolveIgnoresFromGitignore } from 'neostandard'
import tseslint from 'typescript-eslint'

export default tseslint.config(
  { ignores: resolveIgnoresFromGitignore() },
  ...neostandard({ ts: true, filesTs: ['**/*.cts'] }),
  {
    files: ['**/*.{ts,cts}'],
    languageOptions: { parserOptions: { project: './tsconfig.check.json' } },
    plugins: { '@typescript-eslint': tseslint.plugin },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      // Tests load the compiled files and take their types from the sources: import() in a type says so.
      '@typescript-eslint/consistent-type-imports': ['error', { disallowTypeAnnotations: false }],
      '@typescript-eslint/no-explicit-any': 'error'
    }
  },
  // `export =` gives its types by a namespace of the same name.
  { files: ['**/*.cts'], rules: { '@typescript-eslint/no-redeclare': 'off' } }
)
