// Node, CommonJS: node:http and node:https.
const http = require('node:http')
const https = require('node:https')

const [name, base = process.env.BLNK_BASE_URL] = process.argv.slice(2)
const headers = { Authorization: `Bearer ${process.env.BLNK_API_KEY}`, 'Content-Type': 'application/json' }

function call (method, path, body) {
  const url = new URL(`${base}${path}?instance_id=${process.env.BLNK_INSTANCE_ID}`)
  return new Promise((resolve, reject) => {
    const request = (url.protocol === 'https:' ? https : http).request(url, { method, headers }, (answer) => {
      let text = ''
      answer.setEncoding('utf8').on('data', (part) => { text += part }).on('end', () => { resolve(JSON.parse(text)) })
    })
    request.on('error', reject).end(body)
  })
}

call('POST', '/proxy/ledgers', JSON.stringify({ name }))
  .then(({ ledger_id: id }) => call('GET', `/proxy/ledgers/${id}`))
  .then((ledger) => { console.log(ledger.name) })
