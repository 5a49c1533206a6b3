package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
)

func call(method, path, body string) map[string]any {
	base := os.Getenv("BLNK_BASE_URL")
	if len(os.Args) > 2 {
		base = os.Args[2]
	}
	request, err := http.NewRequest(method, base+path+"?instance_id="+os.Getenv("BLNK_INSTANCE_ID"), strings.NewReader(body))
	if err != nil {
		panic(err)
	}
	request.Header.Set("Authorization", "Bearer "+os.Getenv("BLNK_API_KEY"))
	request.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		panic(err)
	}
	defer answer.Body.Close()
	var read map[string]any
	if err := json.NewDecoder(answer.Body).Decode(&read); err != nil {
		panic(err)
	}
	return read
}

func main() {
	name, _ := json.Marshal(map[string]string{"name": os.Args[1]})
	made := call("POST", "/proxy/ledgers", string(name))
	fmt.Println(call("GET", "/proxy/ledgers/"+made["ledger_id"].(string), "")["name"])
}
