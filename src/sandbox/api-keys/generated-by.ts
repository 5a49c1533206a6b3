import { encodeString } from '../json/encode.js'
import { interfaceText, lastMembers, metadataText, type Metadata } from '../json/metadata.js'
import { parseJson, type JsonNode } from '../../lib/json/parse.js'
import { BindError } from '../../lib/json/text.js'

const members = (node: JsonNode): Map<string, string> => new Map([...lastMembers(node)].map(([name, member]) => [name, interfaceText(member)]))

/**
 * What Core makes of the body of a POST with a scoped key: the key's id goes into its metadata, and the rest is written
 * anew, so that numbers come back as float64s and duplicate members as the last of them (spec/09 3).
 */
export function withGeneratedBy (body: Buffer, apiKeyId: string): Buffer {
  try {
    const node = parseJson(body)
    // What is no single object Core leaves alone.
    if (node.kind !== 'object' || body.subarray(node.end).toString('latin1').trim() !== '') return body
    const sent = lastMembers(node).get('meta_data')
    const metadata: Metadata = new Map(sent?.kind === 'object' ? members(sent) : []).set('BLNK_GENERATED_BY', encodeString(apiKeyId))
    return Buffer.from(metadataText(members(node).set('meta_data', metadataText(metadata))))
  } catch (error) {
    if (error instanceof BindError) return body
    throw error
  }
}
