/** Commands, and what the document shows below them. */
export interface Step { readonly commands: string, readonly language: 'bash' | 'sh', shown?: { readonly language: string, readonly text: string } }

/** The shell blocks of a document in their order, each with the answer that stands below it. */
export function steps (markdown: string): Step[] {
  const found: Step[] = []
  for (const [, language, text] of markdown.matchAll(/^```(bash|sh|json|text)\n([\s\S]*?)^```/gm)) {
    if (language === 'bash' || language === 'sh') found.push({ commands: text as string, language })
    else (found.at(-1) as Step).shown = { language: language as string, text: (text as string).trim() }
  }
  return found
}

/** Ids differ between two runs; what stands for what does not matter here. */
export const withoutIds = (text: string): string => text.replace(/\b(ldg|bln|txn|ref|inst)_[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, '$1_ID')
