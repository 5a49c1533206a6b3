// Node, an ES module: fetch. Each program here makes a ledger of the name that it is given, and prints the name of what it reads back.
const [name, base = process.env.BLNK_BASE_URL] = process.argv.slice(2)
const query = `?instance_id=${process.env.BLNK_INSTANCE_ID}`
const headers = { Authorization: `Bearer ${process.env.BLNK_API_KEY}`, 'Content-Type': 'application/json' }

const made = await fetch(`${base}/proxy/ledgers${query}`, { method: 'POST', headers, body: JSON.stringify({ name }) })
const { ledger_id: id } = await made.json()
const read = await fetch(`${base}/proxy/ledgers/${id}${query}`, { headers })
console.log((await read.json()).name)
