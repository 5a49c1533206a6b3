import type { Ledger, CoreReply, Handler, CoreRequest } from '../call.js'
import { collectBody } from '../body.js'
import { CoreError } from '../errors.js'
import { bindJson, field, struct } from '../json/bind.js'
import { text } from '../json/go-types.js'
import { json } from '../reply.js'
import { readCsv } from './csv.js'
import { download, DownloadRefused } from './download.js'
import { insertUntilRefused, type ExternalTransaction } from './external.js'
import { fileTypeOf, HEAD_BYTES } from './file-type.js'
import { chunksOf, MAX_UPLOAD_BYTES, readForm, TooLarge } from './form.js'
import { readJsonArray } from './json-array.js'

/** How many rows are written at a time. */
const BATCH = 500

const failed = (): CoreError => new CoreError(500, 'RECON_UPLOAD_PROCESSING_FAILED', 'Failed to process upload')
const noFile = (): CoreError => new CoreError(400, 'RECON_UPLOAD_FAILED', 'File upload failed')
const tooLarge = (): CoreError => new CoreError(413, 'GEN_PAYLOAD_TOO_LARGE', 'upload exceeds the maximum allowed size')

/** A file's first bytes, and all of its chunks. */
async function withHead (chunks: AsyncIterable<Buffer>): Promise<{ head: Buffer, all: AsyncIterable<Buffer> }> {
  const iterator = chunks[Symbol.asyncIterator]()
  const first: Buffer[] = []
  let bytes = 0
  while (bytes < HEAD_BYTES) {
    const { done, value } = await iterator.next()
    if (done === true) break
    first.push(value)
    bytes += value.length
  }
  async function * all (): AsyncGenerator<Buffer> {
    yield * first
    yield * { [Symbol.asyncIterator]: () => iterator }
  }
  return { head: Buffer.concat(first).subarray(0, HEAD_BYTES), all: all() }
}

/**
 * Writes the rows of a file as they come.
 * @returns how many, or undefined where the file or one of its rows was refused; rows that were right stay, as in a Core
 */
async function store (ledger: Ledger, uploadId: string, { filename, chunks }: { filename: string, chunks: AsyncIterable<Buffer> }): Promise<number | undefined> {
  const { head, all } = await withHead(chunks)
  const type = fileTypeOf(filename, head)
  if (type === undefined) return undefined
  let [written, refused] = [0, false]
  let batch: ExternalTransaction[] = []
  const flush = async (): Promise<void> => {
    const rows = batch
    batch = []
    try {
      await insertUntilRefused(ledger, uploadId, rows)
      written += rows.length
    } catch (error) {
      if ((error as { code?: string }).code === undefined) throw error
      refused = true
    }
  }
  try {
    for await (const row of type === 'csv' ? readCsv(all) : readJsonArray(all)) {
      if (row === undefined) refused = true
      else batch.push(row)
      if (batch.length >= BATCH) await flush()
      // A Core goes on in a CSV file, and stops in a JSON one.
      if (refused && type === 'json') break
    }
  } catch {
    refused = true
  }
  await flush()
  return refused ? undefined : written
}

async function stored (ledger: Ledger, { uploadId, count, source }: { uploadId: string, count: number | undefined, source: string }): Promise<CoreReply> {
  // The source may stand behind the file in the form.
  if (source !== '') await ledger.db.query(`UPDATE ${ledger.schema}.external_transactions SET source = $2 WHERE upload_id = $1`, [uploadId, source])
  if (count === undefined) throw failed()
  return json(200, { record_count: count, source, upload_id: uploadId })
}

const urlRequest = struct('struct { URL string "json:\\"url\\""; Source string "json:\\"source\\"" }', { url: field(text), source: field(text) })

async function fromUrl (ledger: Ledger, { url, source }: { url: string, source: string }): Promise<CoreReply> {
  if (url === '') throw noFile()
  const uploadId = ledger.ids.next('upload')
  const count = await download(url, ledger.uploadHosts ?? [], MAX_UPLOAD_BYTES, async (filename, chunks) => await store(ledger, uploadId, { filename, chunks })).catch((error: unknown) => {
    if (error instanceof DownloadRefused) throw new CoreError(400, error.code, error.message)
    throw failed()
  })
  return await stored(ledger, { uploadId, count, source })
}

async function fromForm (ledger: Ledger, stream: NonNullable<CoreRequest['stream']>): Promise<CoreReply> {
  const uploadId = ledger.ids.next('upload')
  let count: number | undefined
  const form = await readForm(stream, async (file, filename) => {
    count = await store(ledger, uploadId, { filename, chunks: chunksOf(file) })
  }).catch(async (error: unknown) => {
    // A Core reads the whole form before it stores anything.
    await ledger.db.query(`DELETE FROM ${ledger.schema}.external_transactions WHERE upload_id = $1`, [uploadId])
    throw error instanceof TooLarge ? tooLarge() : noFile()
  })
  const source = form.fields.get('source') ?? ''
  return form.hasFile ? await stored(ledger, { uploadId, count, source }) : await fromUrl(ledger, { url: form.fields.get('url') ?? '', source })
}

/** POST /reconciliation/upload: a form with a file, or the URL of one as a form or as JSON. */
export const upload: Handler = async (ledger, { stream, contentType }) => {
  if (stream === undefined) throw noFile()
  if (/^multipart\/form-data/i.test(contentType)) return await fromForm(ledger, stream)
  const sent = await collectBody(stream)
  if (/^application\/x-www-form-urlencoded/i.test(contentType)) {
    const fields = new URLSearchParams(sent.body.toString())
    return await fromUrl(ledger, { url: fields.get('url') ?? '', source: fields.get('source') ?? '' })
  }
  if (!/^application\/json/i.test(contentType)) throw noFile()
  let wanted: { url: string, source: string }
  try {
    wanted = bindJson(sent, urlRequest)
  } catch {
    throw noFile()
  }
  return await fromUrl(ledger, wanted)
}
