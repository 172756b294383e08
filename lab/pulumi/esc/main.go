// Command esc evaluates Pulumi ESC environments without an account: their definitions come on standard input, what
// the evaluator of Pulumi's own module makes of them goes to standard output. It judges nothing.
package main

import (
	"encoding/json"
	"fmt"
	"os"
)

func main() {
	decoder := json.NewDecoder(os.Stdin)
	decoder.DisallowUnknownFields()
	var asked request
	if err := decoder.Decode(&asked); err != nil {
		fmt.Fprintf(os.Stderr, "esc: the request on standard input cannot be read: %v\n", err)
		os.Exit(2)
	}
	answers, err := evaluateAll(asked)
	if err != nil {
		fmt.Fprintf(os.Stderr, "esc: %v\n", err)
		os.Exit(2)
	}
	if err := json.NewEncoder(os.Stdout).Encode(answers); err != nil {
		fmt.Fprintf(os.Stderr, "esc: the answer cannot be written: %v\n", err)
		os.Exit(2)
	}
}
