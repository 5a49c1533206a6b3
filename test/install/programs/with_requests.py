import os
import sys

import requests

name, base = sys.argv[1], (sys.argv[2:] or [os.environ["BLNK_BASE_URL"]])[0]
session = requests.Session()
session.headers["Authorization"] = "Bearer " + os.environ["BLNK_API_KEY"]
session.params = {"instance_id": os.environ["BLNK_INSTANCE_ID"]}

made = session.post(base + "/proxy/ledgers", json={"name": name}).json()
print(session.get(base + "/proxy/ledgers/" + made["ledger_id"]).json()["name"])
