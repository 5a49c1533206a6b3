import { dirname, posix } from 'node:path'
import ts from 'typescript'
import { textOf } from './source-files.js'

export interface Import {
  readonly from: string
  /** A path from the root with .ts for files of ours, else a package's or a built-in's name. */
  readonly to: string
  readonly typeOnly: boolean
}

const isTypeOnly = (node: ts.Node): boolean => {
  if (ts.isExportDeclaration(node)) return node.isTypeOnly
  if (!ts.isImportDeclaration(node)) return false
  const clause = node.importClause
  if (clause === undefined) return false
  const named = clause.namedBindings
  return clause.phaseModifier === ts.SyntaxKind.TypeKeyword ||
    (clause.name === undefined && named !== undefined && ts.isNamedImports(named) && named.elements.every((one) => one.isTypeOnly))
}

/** Every import of a file: static, re-exported and dynamic, also in types. */
export function importsOf (from: string): Import[] {
  const found: Import[] = []
  const add = (specifier: ts.Node | undefined, typeOnly: boolean): void => {
    if (specifier === undefined || !ts.isStringLiteralLike(specifier)) return
    const to = specifier.text.startsWith('.') ? posix.join(dirname(from), specifier.text).replace(/\.(c?)js$/, '.$1ts') : specifier.text
    found.push({ from, to, typeOnly })
  }
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) add(node.moduleSpecifier, isTypeOnly(node))
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) add(node.arguments[0], false)
    else if (ts.isExternalModuleReference(node)) add(node.expression, false)
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) add(node.argument.literal, true)
    ts.forEachChild(node, visit)
  }
  visit(ts.createSourceFile(from, textOf(from), ts.ScriptTarget.ES2023, true))
  return found
}
