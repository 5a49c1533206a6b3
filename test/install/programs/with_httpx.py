import os
import sys

import httpx

name, base = sys.argv[1], (sys.argv[2:] or [os.environ["BLNK_BASE_URL"]])[0]
with httpx.Client(
    base_url=base,
    headers={"Authorization": "Bearer " + os.environ["BLNK_API_KEY"]},
    params={"instance_id": os.environ["BLNK_INSTANCE_ID"]},
) as client:
    made = client.post("/proxy/ledgers", json={"name": name}).json()
    print(client.get("/proxy/ledgers/" + made["ledger_id"]).json()["name"])
